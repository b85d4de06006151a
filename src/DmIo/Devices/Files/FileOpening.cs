using System.Runtime.InteropServices;
using DmIo.Devices.IoUring;
using DmIo.Devices.Stores;
using DmIo.Io;
using DmIo.Native;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Devices.Files;

/// <summary>
/// Opens a device from its options: finds the kind of file, creates it if requested, checks its size, chooses the
/// engine. Never truncates or extends an existing file; deletes a file that it created but could not open as a device.
/// </summary>
internal static class FileOpening
{
    internal static FileDevice Open(FileDeviceOptions options)
    {
        options.Check();
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
        else if (ExplainLink(options.Path) is { } fault)
        {
            throw new DeviceOpenException(options.Path, fault);
        }

        return options.CreateSize is { } size && !File.Exists(options.Path)
            ? Create(options, size)
            : DeviceOver(StoreOver(FileHandles.OpenExisting(options), options), options);
    }

    /// <summary>The reason why a symbolic link does not lead to a file; null: the path is not a link, or the link leads
    /// to a file.</summary>
    private static string? ExplainLink(string path)
    {
        try
        {
            if (SymbolicLink.TargetOf(path) is { Exists: false } target)
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
            return FileDevice.Over(store, MakeEngine(store, options), options.ReadsAfterFailure);
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>The engine of the requested mode; without a mode, inline if the store never blocks, otherwise io_uring
    /// if the kernel supports it, otherwise threads.</summary>
    /// <exception cref="DeviceOpenException">The requested mode is not available.</exception>
    private static IFileEngine MakeEngine(FileStore store, FileDeviceOptions options) => options.Mode switch
    {
        null => ChooseEngine(store, options),
        ServiceMode.Inline => new InlineEngine(store, store.TryMap()),
        ServiceMode.Ring => RingEngine.TryCreate(store, options.QueueDepth, out var reason)
            ?? throw new DeviceOpenException(
                options.Path, $"it cannot be served by io_uring: {reason} Leave the mode open, or ask for threads."),
        ServiceMode.Threads => new ThreadEngine(store, options.QueueDepth),
        _ => throw new DeviceOpenException(
            options.Path,
            $"a file is not served in the mode {options.Mode}; leave the mode open, or ask for inline, ring or "
            + "threads."),
    };

    private static IFileEngine ChooseEngine(FileStore store, FileDeviceOptions options)
    {
        if (store.NeverBlocks)
        {
            return new InlineEngine(store, store.TryMap());
        }

        return RingEngine.TryCreate(store, options.QueueDepth, out _)
            ?? (IFileEngine)new ThreadEngine(store, options.QueueDepth);
    }

    private static LinuxBlockStore OpenBlockDevice(FileDeviceOptions options, FileKind kind)
    {
        var flags = options.IsReadOnly
            ? LinuxNative.OpenReadOnly
            : LinuxNative.OpenReadWrite | LinuxNative.OpenExclusive;
        var errno = 0;
        SafeFileHandle? handle = null;
        FileHandles.RetryWhileLocked(
            () => (errno = LinuxNative.Open(options.Path, flags, out handle)) != Errno.Busy);
        if (errno != 0)
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

    /// <summary>
    /// SIGXFSZ: a Unix kernel sends it to a process that extends a file beyond its limit (RLIMIT_FSIZE), and it ends a
    /// process without a handler. With the handler, the call fails with EFBIG, which is the status of one region. The
    /// handler applies to the whole process and is never removed; a handler of the application is called as well.
    /// </summary>
    private static class FileSizeSignal
    {
        private const PosixSignal FileSizeExceeded = (PosixSignal)25;

        private static readonly PosixSignalRegistration? Registration = OperatingSystem.IsWindows()
            ? null
            : PosixSignalRegistration.Create(FileSizeExceeded, context => context.Cancel = true);

        /// <summary>Installs the handler, once.</summary>
        internal static void Handle() => GC.KeepAlive(Registration);
    }
}
