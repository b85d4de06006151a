using DmIo.Devices.Stores;
using DmIo.Io;
using DmIo.Native;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Devices.Files;

/// <summary>
/// From options to a device: what kind of file it is, whether it has to be made, that it has sectors, how it is served.
/// Never truncates or extends a file that exists; takes back a file that it made and could not make a device of.
/// </summary>
internal static class FileOpening
{
    internal static FileDevice Open(FileDeviceOptions options)
    {
        CheckOptions(options);
        try
        {
            return OpenChecked(options);
        }
        catch (Exception exception) when (
            exception is IOException or UnauthorizedAccessException or OutOfMemoryException or ThreadStartException)
        {
            throw new DeviceOpenException(
                options.Path, Errno.Explain(exception), Errno.Of(exception), exception);
        }
    }

    private static FileDevice OpenChecked(FileDeviceOptions options)
    {
        FileSizeSignal.Handle();
        if (LinuxNative.IsAvailable && LinuxNative.Describe(options.Path, out var status) == 0)
        {
            var kind = status.Kind;
            if (kind.IsBlockDevice)
            {
                return DeviceOver(OpenBlockDevice(options, kind), options);
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
        else if (LinkFault(options.Path) is { } fault)
        {
            throw new DeviceOpenException(options.Path, fault);
        }

        return options.CreateSize is { } size && !File.Exists(options.Path)
            ? Create(options, size)
            : DeviceOver(StoreOver(FileHandles.OpenExisting(options), options), options);
    }

    /// <summary>Why a symbolic link leads to no file; null: the path is not a link, or the link leads to a
    /// file.</summary>
    private static string? LinkFault(string path)
    {
        try
        {
            // A relative path resolves a relative link against the root directory.
            var link = new FileInfo(Path.GetFullPath(path));
            if (link.LinkTarget is not null
                && link.ResolveLinkTarget(returnFinalTarget: true) is { Exists: false } target)
            {
                return $"it is a symbolic link to '{target.FullName}', which does not exist; give that path to create "
                    + "the file, or remove the link.";
            }
        }
        catch (IOException exception)
        {
            return $"its symbolic link cannot be followed: {exception.Message}";
        }
        catch (UnauthorizedAccessException)
        {
            // Opening the file fails with the reason.
        }

        return null;
    }

    private static FileDevice Create(FileDeviceOptions options, ByteSize size)
    {
        var handle = FileHandles.Create(options, size);
        try
        {
            return DeviceOver(StoreOver(handle, options), options);
        }
        catch
        {
            File.Delete(options.Path);
            throw;
        }
    }

    private static FileDevice DeviceOver(FileStore store, FileDeviceOptions options)
    {
        try
        {
            CheckSize(store.Description, options);
            return FileDevice.Over(store, EngineChoice.Make(store, options), options.ReadsAfterFailure);
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    private static void CheckOptions(FileDeviceOptions options)
    {
        if (string.IsNullOrEmpty(options.Path))
        {
            throw new DeviceOpenException(string.Empty, "the path is empty.");
        }

        if (options.Path.Contains('\0', StringComparison.Ordinal))
        {
            throw new DeviceOpenException(options.Path, "the path has a NUL in it, which ends it for the system.");
        }

        if (options.CreateSize is { } size && (size.Bytes == 0 || !size.IsWholeSectors))
        {
            throw new DeviceOpenException(
                options.Path,
                $"a size of {size.Bytes} bytes is not possible; give a multiple of {Sector.SizeBytes}, at least "
                + $"{Sector.SizeBytes}.");
        }

        if (options.CreateSize is not null && options.IsReadOnly)
        {
            throw new DeviceOpenException(
                options.Path, "a read-only device cannot be created; leave out one of the two.");
        }

        if (options.ReadsAfterFailure && !LinuxNative.IsAvailable)
        {
            throw new DeviceOpenException(
                options.Path, "reads after a failure need 64-bit Linux, which can drop its cache; leave them off.");
        }

        if (options.QueueDepth < 1)
        {
            throw new DeviceOpenException(
                options.Path, $"a queue depth of {options.QueueDepth} is not possible; give 1 or more.");
        }
    }

    private static LinuxBlockStore OpenBlockDevice(FileDeviceOptions options, FileKind kind)
    {
        var flags = options.IsReadOnly
            ? LinuxNative.OpenReadOnly
            : LinuxNative.OpenReadWrite | LinuxNative.OpenExclusive;
        var errno = 0;
        SafeFileHandle? handle = null;
        if (!LastOwner.WaitUntilGone(() => (errno = LinuxNative.Open(options.Path, flags, out handle)) != Errno.Busy)
            || errno != 0)
        {
            handle?.Dispose();
            throw errno switch
            {
                Errno.Busy => new DeviceOpenException(
                    options.Path, "it is in use: mounted, part of another device, or already open as one.", errno),
                Errno.AccessDenied or Errno.NotPermitted or Errno.ReadOnlyFileSystem => new DeviceOpenException(
                    options.Path,
                    $"{Errno.TextOf(errno)}; get permission{(options.IsReadOnly ? "" : ", or open it read-only")}.",
                    errno),
                _ => new DeviceOpenException(options.Path, Errno.TextOf(errno), errno),
            };
        }

        return LinuxBlockStore.Over(handle!, options.Path, options.IsReadOnly, options.IsDirect, kind);
    }

    private static void CheckSize(DeviceDescription device, FileDeviceOptions options)
    {
        var block = device.BlockSize.Bytes;
        if (options.IsDirect && options.CreateSize?.Bytes % block > 0)
        {
            throw new DeviceOpenException(
                options.Path,
                $"a size of {options.CreateSize?.Bytes} bytes is no number of whole blocks of {block} bytes, which "
                + $"direct I/O has here; give a multiple of {block} bytes.");
        }

        if (device.Capacity < options.CreateSize)
        {
            throw new DeviceOpenException(
                options.Path,
                $"it exists with {device.Capacity.Bytes} bytes, fewer than the {options.CreateSize?.Bytes} asked for, "
                + "and is never extended; ask for no more, or remove it first.");
        }

        if (device.Capacity.Bytes == 0)
        {
            throw new DeviceOpenException(
                options.Path,
                $"it is shorter than one block of {block} bytes, which direct I/O has here; make it larger, or leave "
                + "direct I/O off.");
        }
    }

    private static FileStore StoreOver(SafeFileHandle handle, FileDeviceOptions options)
    {
        try
        {
            var lengthBytes = RandomAccess.GetLength(handle);
            var capacity = ByteSize.FromSectors(lengthBytes / Sector.SizeBytes);
            if (capacity.Bytes == 0 && options.CreateSize is null)
            {
                throw new DeviceOpenException(
                    options.Path,
                    $"it has {lengthBytes} bytes, less than one sector of {Sector.SizeBytes}; make it larger, or "
                    + "remove it and create it with a size.");
            }

            DirectAlignment? direct = options.IsDirect ? DirectAccess.Enable(handle, options.Path) : null;
            return LinuxNative.IsAvailable
                ? new LinuxFileStore(handle, capacity, options.IsReadOnly, direct)
                : new PortableFileStore(handle, capacity, options.IsReadOnly);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }
}
