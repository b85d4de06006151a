using Microsoft.Win32.SafeHandles;

namespace DmIo.Native;

/// <summary>
/// The identity of a file or block device, independent of its path: two paths are one device if their
/// <see cref="Node"/> is equal, and lead to the same bytes if their <see cref="Store"/> is equal. On 64-bit Linux by
/// device and inode number, elsewhere by the full path.
/// </summary>
/// <param name="Node">The file itself, or the number of the block device.</param>
/// <param name="Store">The place of the bytes: for a loop device the file or block device behind it, also through other
/// loop devices, else the node.</param>
internal sealed record FileIdentity(FileIdentity.Number Node, FileIdentity.Number Store)
{
    internal bool IsBlockDevice => Node is { Inode: 0, Path: null };

    /// <summary>The identity of the target of a path; null: it is no regular file or block device, or the system does
    /// not report it.</summary>
    internal static FileIdentity? Of(string path)
    {
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal))
        {
            return null;
        }

        if (!LinuxNative.IsAvailable)
        {
            return OfFullPath(path);
        }

        if (LinuxNative.Describe(path, out var status) != 0)
        {
            return null;
        }

        if (!status.Kind.IsBlockDevice)
        {
            return Over(status);
        }

        // Opening a block device for reading has no effect on it.
        var errno = LinuxNative.Open(path, LinuxNative.OpenReadOnly, out var handle);
        using (handle)
        {
            return errno == 0 ? Of(handle) : Over(status);
        }
    }

    /// <summary>The identity of an open file; null: it is another kind of file, or the system does not report
    /// it.</summary>
    internal static FileIdentity? Of(SafeFileHandle handle) =>
        LinuxNative.IsAvailable && LinuxNative.Describe(handle, out var status) == 0
            ? Over(status, status.Kind.IsBlockDevice ? StoreOf(handle) : null)
            : null;

    /// <summary>Follows loop devices down to the last that can be opened. The kernel permits no circle.</summary>
    private static Number? StoreOf(SafeFileHandle device) => LinuxNative.LoopStore(device) is { } store
        ? store.Inode == 0 ? StoreOf(store) ?? store : store
        : null;

    private static Number? StoreOf(Number device)
    {
        if (NodeOf(device) is not { } path || LinuxNative.Open(path, LinuxNative.OpenReadOnly, out var handle) != 0)
        {
            return null;
        }

        using (handle)
        {
            return LinuxNative.Describe(handle, out var status) == 0 && status.Number == device
                ? StoreOf(handle)
                : null;
        }
    }

    /// <summary>The path of a block device, from the kernel; null: there is none.</summary>
    private static string? NodeOf(Number device)
    {
        const string key = "DEVNAME=";
        try
        {
            return File.ReadLines($"/sys/dev/block/{device.Major}:{device.Minor}/uevent")
                .FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal)) is { } line
                ? $"/dev/{line[key.Length..]}"
                : null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static FileIdentity? Over(in LinuxFileStatus status, Number? store = null) =>
        status.Kind.IsRegular || status.Kind.IsBlockDevice
            ? new FileIdentity(status.Number, store ?? status.Number)
            : null;

    private static FileIdentity? OfFullPath(string path)
    {
        try
        {
            var full = SymbolicLink.TargetOf(path)?.FullName ?? Path.GetFullPath(path);
            var number = new Number(0, 0, 0, full);
            return File.Exists(full) ? new FileIdentity(number, number) : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>The number of a file (inode on a file system) or of a block device (inode 0).</summary>
    internal readonly record struct Number(uint Major, uint Minor, ulong Inode, string? Path = null);
}
