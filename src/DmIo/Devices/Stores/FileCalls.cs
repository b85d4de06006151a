using DmIo.Io;

namespace DmIo.Devices.Stores;

/// <summary>
/// The blocking calls of the engines to a store. A call that a signal interrupted is repeated, except syncs and durable
/// writes, for which a later success proves nothing (R14). The status describes the operation and keeps the error
/// number of the operating system. External failures that .NET reports as exceptions become statuses here; the engines
/// pass on any other exception, which is a defect, through the task of the call.
/// </summary>
internal static class FileCalls
{
    private const string Confirmation = "The sync of what was accepted";

    /// <summary>Executes the operation.</summary>
    /// <param name="store">The store.</param>
    /// <param name="operation">The operation.</param>
    /// <param name="isConfirmation">A flush is a confirmation
    /// (<see cref="IBlockDevice.ConfirmAcceptedAsync"/>).</param>
    internal static TransferResult Run(FileStore store, in DeviceOperation operation, bool isConfirmation = false)
    {
        try
        {
            long returned;
            do
            {
                returned = isConfirmation ? -store.ConfirmAccepted() : Call(store, operation);
            }
            while (returned == -Errno.Interrupted && !operation.IsSync);

            return isConfirmation ? new TransferResult(0, StatusOf((int)-returned, Confirmation))
                : ResultOf(operation, returned);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return TransferResult.Failed(
                Errno.StatusOf(exception, isConfirmation ? Confirmation : operation.ToString()));
        }
    }

    /// <summary>Executes the operation on a thread that is not the caller's.</summary>
    /// <param name="store">The store.</param>
    /// <param name="operation">The operation.</param>
    /// <param name="isConfirmation">See <see cref="Run"/>.</param>
    /// <param name="defect">The exception that the task of the call must throw; null: none.</param>
    internal static TransferResult TryRun(
        FileStore store, in DeviceOperation operation, bool isConfirmation, out Exception? defect)
    {
        try
        {
            defect = null;
            return Run(store, operation, isConfirmation);
        }
        catch (Exception exception)
        {
            defect = exception;
            return default;
        }
    }

    internal static IoStatus DropCache(FileStore store) =>
        StatusOf(store.DropCache(), "Writing out what the page cache holds");

    /// <summary>Converts the value that the kernel returned for the operation: bytes, 0, or a negated errno.</summary>
    internal static TransferResult ResultOf(in DeviceOperation operation, long returned) => returned >= 0
        ? TransferResult.Moved(returned)
        : TransferResult.Failed(StatusOf((int)-returned, operation.ToString()));

    private static long Call(FileStore store, in DeviceOperation operation) => operation.Kind switch
    {
        IoOperation.Read => store.Read(operation.OffsetBytes, operation.Batch),
        IoOperation.Write => store.Write(operation.OffsetBytes, operation.Batch, operation.ForceUnitAccess),
        IoOperation.Flush => -store.Flush(),
        IoOperation.Discard => -store.Discard(operation.OffsetBytes, operation.LengthBytes),
        IoOperation.WriteZeroes => -store.WriteZeroes(
            operation.OffsetBytes, operation.LengthBytes, operation.Zeroing),
        _ => throw new ArgumentOutOfRangeException(nameof(operation), operation.Kind, null),
    };

    private static IoStatus StatusOf(int errno, string doing) => errno switch
    {
        0 => IoStatus.Ok,
        Errno.NotSupported => new IoStatus(
            IoStatusCode.Unsupported,
            new IoFailure($"{doing} is not supported by the file system or device.", errno)),
        _ => IoStatus.DeviceError($"{doing} failed: {Errno.TextOf(errno)}", errno),
    };
}
