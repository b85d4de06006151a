namespace DmIo.Io;

/// <summary>How one region ended, and why. <c>default</c> is <see cref="Ok"/>.</summary>
public readonly record struct IoStatus(IoStatusCode Code, IoFailure? Failure = null)
{
    /// <summary>The region is done.</summary>
    public static IoStatus Ok => default;

    /// <summary>Is it <see cref="IoStatusCode.Ok"/>?</summary>
    public bool IsOk => Code == IoStatusCode.Ok;

    /// <summary>The store's own error.</summary>
    public static IoStatus DeviceError(string message, int errno = 0, Exception? exception = null) =>
        new(IoStatusCode.DeviceError, new IoFailure(message, errno, exception));

    /// <summary>A status other than Ok, with the sentence that explains it.</summary>
    public static IoStatus Failed(IoStatusCode code, string message)
    {
        ArgumentOutOfRangeException.ThrowIfEqual((int)code, (int)IoStatusCode.Ok, nameof(code));
        return new IoStatus(code, new IoFailure(message));
    }

    /// <summary><c>Ok</c>, or the code with errno and message.</summary>
    public override string ToString() => Failure switch
    {
        null => Code.ToString(),
        { Errno: 0 } => $"{Code}: {Failure.Message}",
        _ => $"{Code} (errno {Failure.Errno}): {Failure.Message}",
    };
}
