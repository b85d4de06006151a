using DmIo.Io;

namespace DmIo.Nbd.Protocol;

/// <summary>
/// The one table between a region's status and the protocol's errors, in both directions. What the protocol can't say
/// (it knows eight numbers) is EIO, and the message says the rest.
/// </summary>
internal static class NbdErrors
{
    private const int QuotaExceeded = 122;
    private const int FileTooBig = 27;
    private const int ReadOnlyFileSystem = 30;
    private const int AccessDenied = 13;

    /// <summary>What a client is told of a status.</summary>
    internal static NbdError Of(IoStatus status, NbdCommand command) => status.Code switch
    {
        IoStatusCode.Ok => NbdError.None,
        IoStatusCode.DeviceError => OfErrno(status.Failure?.Errno ?? 0),
        IoStatusCode.OutOfRange => OutOfRange(command),
        IoStatusCode.Misaligned => NbdError.Invalid,
        IoStatusCode.ReadOnly => NbdError.NotPermitted,
        IoStatusCode.Unsupported => NbdError.NotSupported,
        IoStatusCode.Stopped => NbdError.Shutdown,
        _ => NbdError.InputOutput,
    };

    /// <summary>What a request past the end is told: writers have no space, others made a mistake.</summary>
    internal static NbdError OutOfRange(NbdCommand command) =>
        command is NbdCommand.Write or NbdCommand.WriteZeroes ? NbdError.NoSpace : NbdError.Invalid;

    /// <summary>What a client device makes of a server's error.</summary>
    internal static IoStatus StatusOf(NbdError error, string message) => error switch
    {
        NbdError.None => IoStatus.Ok,
        NbdError.NotPermitted => IoStatus.Failed(IoStatusCode.ReadOnly, message),
        NbdError.NotSupported => IoStatus.Failed(IoStatusCode.Unsupported, message),
        NbdError.Shutdown => IoStatus.Failed(IoStatusCode.DeviceGone, message),
        _ => IoStatus.DeviceError(message, (int)error),
    };

    /// <summary>Its name in the specification.</summary>
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

/// <summary>The errors that the protocol knows: Linux's numbers, whatever system either side runs on.</summary>
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
