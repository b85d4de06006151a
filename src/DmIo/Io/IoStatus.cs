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

/// <summary>How one region of a request ended.</summary>
public enum IoStatusCode
{
    /// <summary>Done. For a write: the region holds the data.</summary>
    Ok,

    /// <summary>The store reported an error; <see cref="IoFailure.Errno"/> and the cause say which.</summary>
    DeviceError,

    /// <summary>The region does not lie within the device. Nothing was touched.</summary>
    OutOfRange,

    /// <summary>The region does not fit the device's block size, which the message names. Nothing was
    /// touched.</summary>
    Misaligned,

    /// <summary>The device takes no writes. Nothing was touched.</summary>
    ReadOnly,

    /// <summary>The device has no such operation. Nothing was touched, but where a device says so only in the middle of
    /// a region that takes several calls.</summary>
    Unsupported,

    /// <summary>No device of that name, or it was detached, or it died, before the operation was issued.</summary>
    DeviceGone,

    /// <summary>An earlier flush failed, so nothing that the device says can be trusted until it is
    /// reopened.</summary>
    DeviceFailed,

    /// <summary>The deadline passed first. See <c>IoResult.BufferHeld</c> for whether the device still has the
    /// buffer.</summary>
    TimedOut,

    /// <summary>The service or the lease was stopped first.</summary>
    Stopped,
}

/// <summary>Why a region failed: for people (<see cref="Message"/>) and for programs (<see cref="Errno"/>).</summary>
/// <param name="Message">One sentence that names the value, the limit and, where there is one, the fix.</param>
/// <param name="Errno">The operating system's error number; 0 where none was involved.</param>
/// <param name="Exception">The original exception, where one was thrown. Never flattened.</param>
public sealed record IoFailure(string Message, int Errno = 0, Exception? Exception = null);
