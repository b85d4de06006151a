namespace DmIo.Io;

/// <summary>The outcome of one region, with its cause. <c>default</c> is <see cref="Ok"/>.</summary>
public readonly record struct IoStatus(IoStatusCode Code, IoFailure? Failure = null)
{
    /// <summary>The status of a region that succeeded.</summary>
    public static IoStatus Ok => default;

    /// <summary>True if the code is <see cref="IoStatusCode.Ok"/>.</summary>
    public bool IsOk => Code == IoStatusCode.Ok;

    /// <summary>Creates the status of an error that the store reported.</summary>
    public static IoStatus DeviceError(string message, int errno = 0, Exception? exception = null) =>
        new(IoStatusCode.DeviceError, new IoFailure(message, errno, exception));

    /// <summary>Creates a status other than Ok, with a sentence that explains it.</summary>
    public static IoStatus Failed(IoStatusCode code, string message)
    {
        ArgumentOutOfRangeException.ThrowIfEqual((int)code, (int)IoStatusCode.Ok, nameof(code));
        return new IoStatus(code, new IoFailure(message));
    }

    /// <summary>Formats the status: <c>Ok</c>, or the code with errno and message.</summary>
    public override string ToString() => Failure switch
    {
        null => Code.ToString(),
        { Errno: 0 } => $"{Code}: {Failure.Message}",
        _ => $"{Code} (errno {Failure.Errno}): {Failure.Message}",
    };
}

/// <summary>The kinds of outcome of one region of a request.</summary>
public enum IoStatusCode
{
    /// <summary>Done. For a write: the region holds the data.</summary>
    Ok,

    /// <summary>The store reported an error; <see cref="IoFailure.Errno"/> and the cause identify it.</summary>
    DeviceError,

    /// <summary>The region does not lie within the device. No sector was touched.</summary>
    OutOfRange,

    /// <summary>The region is not aligned to the block size of the device, which the message names. No sector was
    /// touched.</summary>
    Misaligned,

    /// <summary>The device is read-only. No sector was touched.</summary>
    ReadOnly,

    /// <summary>The device does not support the operation. No sector was touched, unless the device reports this only
    /// in the middle of a region that takes several calls.</summary>
    Unsupported,

    /// <summary>There is no device of that name, or the device was detached or died before the operation was
    /// issued.</summary>
    DeviceGone,

    /// <summary>An earlier flush failed, so the contents of the device cannot be trusted until the device is
    /// reopened.</summary>
    DeviceFailed,

    /// <summary>The deadline passed before the region was done, or a leg of a volume hangs that may still write to the
    /// memory of a read. <c>IoResult.BufferHeld</c> says whether the device may still access the buffer.</summary>
    TimedOut,

    /// <summary>The service or the lease was stopped before the region was done.</summary>
    Stopped,

    /// <summary>A replicated volume cannot serve: too few of its voters or legs can be used. No sector was
    /// touched.</summary>
    Suspended,

    /// <summary>Another writer has taken a replicated volume over. No sector was touched.</summary>
    Fenced,

    /// <summary>The region of a replicated volume was sent to legs, and then the volume was suspended or taken over:
    /// the operation may take effect later, or never.</summary>
    InDoubt,

    /// <summary>A flush of a replicated volume: all of its legs lost power, and writes that were not flushed may be
    /// lost. Later flushes succeed again.</summary>
    PowerLost,

    /// <summary>The file under the device was truncated, and the operation must not extend it
    /// (<see cref="DmIo.Devices.DeviceOperation.NoExtend"/>). No sector was touched.</summary>
    Truncated,
}

/// <summary>The cause of the failure of a region, for humans (<see cref="Message"/>) and for programs
/// (<see cref="Errno"/>).</summary>
/// <param name="Message">One sentence that names the value, the limit and, if there is one, the fix.</param>
/// <param name="Errno">The error number of the operating system; 0 if there is none.</param>
/// <param name="Exception">The original exception, unwrapped; null if none was thrown.</param>
public sealed record IoFailure(string Message, int Errno = 0, Exception? Exception = null);
