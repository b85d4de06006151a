using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Devices.Stores;

/// <summary>
/// The blocking calls of the engines to a store. A call that a signal interrupted is repeated, except syncs and durable
/// writes, for which a later success proves nothing (R14). The status names the call and keeps the error number of the
/// operating system. Also converts results that the kernel returned in another way to statuses.
/// </summary>
internal static class FileCalls
{
    internal static TransferResult Read(FileStore store, long offsetBytes, SegmentBatch destination)
    {
        try
        {
            long moved;
            do
            {
                moved = store.Read(offsetBytes, destination);
            }
            while (moved == -Errno.Interrupted);

            return ReadResult(moved, offsetBytes, destination.LengthBytes);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return TransferResult.Failed(
                Errno.StatusOf(exception, Transfer("Reading", offsetBytes, destination.LengthBytes)));
        }
    }

    internal static TransferResult Write(FileStore store, long offsetBytes, SegmentBatch source, bool forceUnitAccess)
    {
        try
        {
            long moved;
            do
            {
                moved = store.Write(offsetBytes, source, forceUnitAccess);
            }
            while (moved == -Errno.Interrupted && !forceUnitAccess);

            return WriteResult(moved, offsetBytes, source.LengthBytes);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return TransferResult.Failed(
                Errno.StatusOf(exception, Transfer("Writing", offsetBytes, source.LengthBytes)));
        }
    }

    internal static IoStatus Flush(FileStore store)
    {
        try
        {
            return FlushStatus(store.Flush());
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return Errno.StatusOf(exception, "The flush");
        }
    }

    internal static IoStatus ConfirmAccepted(FileStore store) =>
        StatusOf(store.ConfirmAccepted(), "The sync of what was accepted");

    internal static IoStatus DropCache(FileStore store) =>
        StatusOf(store.DropCache(), "Writing out what the page cache holds");

    internal static IoStatus Discard(FileStore store, long offsetBytes, long lengthBytes)
    {
        int errno;
        do
        {
            errno = store.Discard(offsetBytes, lengthBytes);
        }
        while (errno == Errno.Interrupted);

        return DiscardStatus(errno, offsetBytes, lengthBytes);
    }

    internal static IoStatus WriteZeroes(FileStore store, long offsetBytes, long lengthBytes, WriteZeroesFlags flags)
    {
        try
        {
            int errno;
            do
            {
                errno = store.WriteZeroes(offsetBytes, lengthBytes, flags);
            }
            while (errno == Errno.Interrupted);

            return WriteZeroesStatus(errno, offsetBytes, lengthBytes);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return Errno.StatusOf(exception, Range("Zeroing", offsetBytes, lengthBytes));
        }
    }

    /// <summary>Converts the number of bytes read, or a negated errno.</summary>
    internal static TransferResult ReadResult(long answer, long offsetBytes, long lengthBytes) => answer >= 0
        ? TransferResult.Moved(answer)
        : TransferResult.Failed(Status((int)-answer, Transfer("Reading", offsetBytes, lengthBytes)));

    /// <summary>Converts the number of bytes written, or a negated errno.</summary>
    internal static TransferResult WriteResult(long answer, long offsetBytes, long lengthBytes) => answer >= 0
        ? TransferResult.Moved(answer)
        : TransferResult.Failed(Status((int)-answer, Transfer("Writing", offsetBytes, lengthBytes)));

    internal static IoStatus FlushStatus(int errno) => StatusOf(errno, "The flush");

    internal static IoStatus DiscardStatus(int errno, long offsetBytes, long lengthBytes) =>
        errno == 0 ? IoStatus.Ok : Status(errno, Range("Discarding", offsetBytes, lengthBytes));

    internal static IoStatus WriteZeroesStatus(int errno, long offsetBytes, long lengthBytes) =>
        errno == 0 ? IoStatus.Ok : Status(errno, Range("Zeroing", offsetBytes, lengthBytes));

    private static IoStatus StatusOf(int errno, string doing) => errno == 0 ? IoStatus.Ok : Status(errno, doing);

    private static IoStatus Status(int errno, string doing) => errno == Errno.NotSupported
        ? new IoStatus(
            IoStatusCode.Unsupported, new IoFailure($"{doing} is not supported by the file system or device.", errno))
        : IoStatus.DeviceError($"{doing} failed: {Errno.TextOf(errno)}", errno);

    private static string Transfer(string doing, long offsetBytes, long lengthBytes) =>
        $"{doing} {lengthBytes} bytes at sector {offsetBytes / Sector.SizeBytes}";

    private static string Range(string doing, long offsetBytes, long lengthBytes) =>
        $"{doing} {lengthBytes / Sector.SizeBytes} sectors from sector {offsetBytes / Sector.SizeBytes} on";
}
