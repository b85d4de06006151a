namespace DmIo.Io;

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
