using DmIo.Io;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Devices;

/// <summary>
/// From options to an open store: what kind of file it is, whether it has to be made, that nobody else writes to it,
/// that it has sectors. Never truncates or extends a file that exists; takes back a file that it made and could not
/// size.
/// </summary>
internal static class FileOpening
{
    private const int WindowsSharingViolation = 32;

    internal static FileStore Open(FileDeviceOptions options)
    {
        CheckOptions(options);
        if (LinuxNative.IsAvailable && LinuxNative.Describe(options.Path, out var kind) == 0)
        {
            if (kind.IsBlockDevice)
            {
                return OpenBlockDevice(options, kind);
            }

            if (!kind.IsRegular)
            {
                throw new DeviceOpenException(
                    options.Path, $"it is a {kind.Name}; give a regular file or a block device.");
            }
        }
        else if (Directory.Exists(options.Path))
        {
            throw new DeviceOpenException(options.Path, "it is a directory; give a regular file or a block device.");
        }

        var handle = options.CreateSize is { } size ? OpenOrCreate(options, size) : OpenHandle(options, FileMode.Open);
        return StoreOver(handle, options);
    }

    private static void CheckOptions(FileDeviceOptions options)
    {
        if (string.IsNullOrEmpty(options.Path))
        {
            throw new DeviceOpenException(string.Empty, "the path is empty.");
        }

        if (options.CreateSize is { Value: <= 0 or > SectorCount.MaxValue } size)
        {
            throw new DeviceOpenException(
                options.Path, $"a size of {size} sectors is not possible; give 1 to {SectorCount.MaxValue}.");
        }

        if (options.CreateSize is not null && options.IsReadOnly)
        {
            throw new DeviceOpenException(
                options.Path, "a read-only device cannot be created; leave out one of the two.");
        }
    }

    private static LinuxBlockStore OpenBlockDevice(FileDeviceOptions options, FileKind kind)
    {
        var flags = options.IsReadOnly
            ? LinuxNative.OpenReadOnly
            : LinuxNative.OpenReadWrite | LinuxNative.OpenExclusive;
        var errno = LinuxNative.Open(options.Path, flags, out var handle);
        if (errno != 0)
        {
            handle.Dispose();
            throw errno switch
            {
                Errno.Busy => new DeviceOpenException(
                    options.Path, "it is in use: mounted, part of another device, or already open as one.", errno),
                Errno.AccessDenied or Errno.NotPermitted or Errno.ReadOnlyFileSystem => new DeviceOpenException(
                    options.Path, $"{Errno.TextOf(errno)}; get permission, or open it read-only.", errno),
                _ => new DeviceOpenException(options.Path, Errno.TextOf(errno), errno),
            };
        }

        var store = LinuxBlockStore.Over(handle, options.Path, kind, options.IsReadOnly);
        return Sized(store, options);
    }

    private static TStore Sized<TStore>(TStore store, FileDeviceOptions options)
        where TStore : FileStore
    {
        var capacity = store.Description.Capacity;
        if (options.CreateSize is not { } wanted || capacity >= wanted)
        {
            return store;
        }

        store.Handle.Dispose();
        throw new DeviceOpenException(
            options.Path,
            $"it exists with {capacity} sectors, fewer than the {wanted} asked for, and is never extended; "
            + "ask for no more, or remove it first.");
    }

    private static FileStore StoreOver(SafeFileHandle handle, FileDeviceOptions options)
    {
        var lengthBytes = RandomAccess.GetLength(handle);
        var capacity = new SectorCount(lengthBytes / Sector.SizeBytes);
        if (capacity.Value == 0 && options.CreateSize is null)
        {
            handle.Dispose();
            throw new DeviceOpenException(
                options.Path,
                $"it has {lengthBytes} bytes, less than one sector of {Sector.SizeBytes}; make it larger, or remove it "
                + "and create it with a size.");
        }

        FileStore store = LinuxNative.IsAvailable
            ? new LinuxFileStore(handle, capacity, options.IsReadOnly)
            : new PortableFileStore(handle, capacity, options.IsReadOnly);
        return Sized(store, options);
    }

    private static SafeFileHandle OpenOrCreate(FileDeviceOptions options, SectorCount size)
    {
        if (File.Exists(options.Path))
        {
            return OpenHandle(options, FileMode.Open);
        }

        var handle = OpenHandle(options, FileMode.CreateNew);
        try
        {
            RandomAccess.SetLength(handle, size.Bytes);
            MakeDurable(handle, options.Path);
            return handle;
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or UnauthorizedAccessException)
        {
            handle.Dispose();
            File.Delete(options.Path);
            throw new DeviceOpenException(
                options.Path,
                $"it cannot be made {size.Bytes} bytes long: {exception.Message}",
                Errno.Of(exception),
                exception);
        }
    }

    /// <summary>A durable write into a file whose name is lost in the crash would be none.</summary>
    private static void MakeDurable(SafeFileHandle file, string path)
    {
        if (!LinuxNative.IsAvailable)
        {
            RandomAccess.FlushToDisk(file);
            return;
        }

        var errno = LinuxNative.Flush(file);
        if (errno == 0)
        {
            var parent = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";
            errno = LinuxNative.Open(parent, LinuxNative.OpenReadOnly, out var directory);
            using (directory)
            {
                errno = errno == 0 ? LinuxNative.Flush(directory) : errno;
            }
        }

        if (errno != 0)
        {
            throw new IOException(Errno.TextOf(errno), errno);
        }
    }

    private static SafeFileHandle OpenHandle(FileDeviceOptions options, FileMode mode)
    {
        var access = options.IsReadOnly ? FileAccess.Read : FileAccess.ReadWrite;
        var share = options.IsReadOnly ? FileShare.Read : FileShare.None;
        try
        {
            return File.OpenHandle(options.Path, mode, access, share, FileOptions.Asynchronous);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DeviceOpenException(options.Path, Explain(exception), Errno.Of(exception), exception);
        }
    }

    private static string Explain(Exception exception) => exception switch
    {
        FileNotFoundException => "it does not exist; create it with a size.",
        DirectoryNotFoundException => "its directory does not exist.",
        UnauthorizedAccessException => $"{exception.Message} Get permission, or open it read-only.",
        _ when Errno.Of(exception) is Errno.TryAgain or WindowsSharingViolation =>
            "it is already open, by another device of this service or by another process.",
        _ => exception.Message,
    };
}
