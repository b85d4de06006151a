using DmIo.Io;

namespace DmIo.Nbd.Protocol;

/// <summary>Maps statuses to the protocol's errors and back. The protocol has eight errors; all other causes are EIO,
/// with the details in the message.</summary>
internal static class NbdErrors
{
    private const int QuotaExceeded = 122;
    private const int FileTooBig = 27;
    private const int ReadOnlyFileSystem = 30;
    private const int AccessDenied = 13;

    /// <summary>The error that a client is sent for a status.</summary>
    internal static NbdError Of(IoStatus status, NbdCommand command) => status.Code switch
    {
        IoStatusCode.Ok => NbdError.None,
        IoStatusCode.DeviceError => OfErrno(status.Failure?.Errno ?? 0),
        IoStatusCode.OutOfRange => OutOfRange(command),
        IoStatusCode.Misaligned => NbdError.Invalid,
        IoStatusCode.ReadOnly => NbdError.NotPermitted,
        IoStatusCode.Unsupported => NbdError.NotSupported,
        IoStatusCode.Stopped or IoStatusCode.Suspended or IoStatusCode.Fenced => NbdError.Shutdown,
        _ => NbdError.InputOutput,
    };

    /// <summary>ENOSPC for writes, EINVAL for other commands.</summary>
    internal static NbdError OutOfRange(NbdCommand command) =>
        command is NbdCommand.Write or NbdCommand.WriteZeroes ? NbdError.NoSpace : NbdError.Invalid;

    /// <summary>The status of a client device for a server's error.</summary>
    internal static IoStatus StatusOf(NbdError error, string message) => error switch
    {
        NbdError.None => IoStatus.Ok,
        NbdError.NotPermitted => IoStatus.Failed(IoStatusCode.ReadOnly, message),
        NbdError.NotSupported => IoStatus.Failed(IoStatusCode.Unsupported, message),
        NbdError.Shutdown => IoStatus.Failed(IoStatusCode.DeviceGone, message),
        _ => IoStatus.DeviceError(message, (int)error),
    };

    /// <summary>The name in the specification.</summary>
    internal static string NameOf(NbdError error) => error switch
    {
        NbdError.None => "OK",
        NbdError.NotPermitted => "EPERM",
        NbdError.InputOutput => "EIO",
        NbdError.NoMemory => "ENOMEM",
        NbdError.Invalid => "EINVAL",
        NbdError.NoSpace => "ENOSPC",
        NbdError.Overflow => "EOVERFLOW",
        NbdError.NotSupported => "ENOTSUP",
        NbdError.Shutdown => "ESHUTDOWN",
        _ => $"error {(uint)error}",
    };

    private static NbdError OfErrno(int errno) => errno switch
    {
        (int)NbdError.NotPermitted or AccessDenied or ReadOnlyFileSystem => NbdError.NotPermitted,
        (int)NbdError.NoMemory => NbdError.NoMemory,
        (int)NbdError.Invalid => NbdError.Invalid,
        (int)NbdError.NoSpace or QuotaExceeded or FileTooBig => NbdError.NoSpace,
        (int)NbdError.NotSupported => NbdError.NotSupported,
        _ => NbdError.InputOutput,
    };
}

/// <summary>The protocol's errors. The values are those of Linux, on every platform.</summary>
internal enum NbdError : uint
{
    None = 0,
    NotPermitted = 1,
    InputOutput = 5,
    NoMemory = 12,
    Invalid = 22,
    NoSpace = 28,
    Overflow = 75,
    NotSupported = 95,
    Shutdown = 108,
}
