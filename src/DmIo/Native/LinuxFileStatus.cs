using System.Globalization;
using System.Runtime.InteropServices;

namespace DmIo.Native;

/// <summary>The fields of the kernel's <c>struct statx</c> that are used; the same on every architecture.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal readonly struct LinuxFileStatus
{
    internal const uint TypeMask = 0x1;
    internal const uint InodeMask = 0x100;
    internal const uint SizeMask = 0x200;
    internal const uint DirectAlignmentMask = 0x2000;

    [FieldOffset(0)]
    private readonly uint known;

    [FieldOffset(28)]
    private readonly ushort mode;

    [FieldOffset(32)]
    private readonly ulong inode;

    [FieldOffset(40)]
    private readonly long lengthBytes;

    [FieldOffset(128)]
    private readonly uint deviceMajor;

    [FieldOffset(132)]
    private readonly uint deviceMinor;

    [FieldOffset(136)]
    private readonly uint fileSystemMajor;

    [FieldOffset(140)]
    private readonly uint fileSystemMinor;

    [FieldOffset(152)]
    private readonly uint directMemoryAlignment;

    [FieldOffset(156)]
    private readonly uint directOffsetAlignment;

    internal FileKind Kind => new(mode, deviceMajor, deviceMinor);

    internal long LengthBytes => lengthBytes;

    internal FileIdentity.Number Number => Kind.IsBlockDevice
        ? new(deviceMajor, deviceMinor, 0)
        : new(fileSystemMajor, fileSystemMinor, inode);

    /// <summary>The queue of the block device, or of the disk of the file; without limits if its file system has
    /// several disks, or none.</summary>
    internal BlockQueue Queue => Kind.IsBlockDevice
        ? BlockQueue.Of(deviceMajor, deviceMinor)
        : BlockQueue.Of(fileSystemMajor, fileSystemMinor);

    /// <summary>The kernel reports the alignment for direct I/O (since 6.1, not for every file system).</summary>
    internal bool HasDirectAlignment => (known & DirectAlignmentMask) != 0;

    internal uint DirectMemoryAlignment => directMemoryAlignment;

    /// <summary>0: the file has no direct I/O.</summary>
    internal uint DirectOffsetAlignment => directOffsetAlignment;
}

/// <summary>The kind of a file, by the <c>st_mode</c> of Linux; for a block device also its number.</summary>
internal readonly record struct FileKind(ushort Mode, uint DeviceMajor, uint DeviceMinor)
{
    private const int TypeMask = 0xF000;

    internal bool IsRegular => (Mode & TypeMask) == 0x8000;

    internal bool IsBlockDevice => (Mode & TypeMask) == 0x6000;

    internal bool IsDirectory => (Mode & TypeMask) == 0x4000;

    /// <summary>The name of the kind, for messages.</summary>
    internal string Name => (Mode & TypeMask) switch
    {
        0x8000 => "regular file",
        0x6000 => "block device",
        0x4000 => "directory",
        0x2000 => "character device",
        0x1000 => "pipe",
        0xC000 => "socket",
        _ => "file of an unknown kind",
    };
}

/// <summary>
/// The queue limits of a block device from sysfs, one in a file. A partition has none, but its disk, one directory up,
/// has.
/// </summary>
internal readonly record struct BlockQueue
{
    private readonly string directory;

    private BlockQueue(string directory) => this.directory = directory;

    /// <summary>The queue of the block device with this number, if there is one.</summary>
    internal static BlockQueue Of(uint major, uint minor) =>
        new(string.Create(CultureInfo.InvariantCulture, $"/sys/dev/block/{major}:{minor}"));

    /// <summary>A limit; null if the device, or its kernel, does not report it.</summary>
    internal long? Number(string name)
    {
        string[] places = [$"{directory}/queue/{name}", $"{directory}/../queue/{name}"];
        try
        {
            var place = places.FirstOrDefault(File.Exists);
            return place is not null && long.TryParse(
                File.ReadAllText(place), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var number)
                ? number
                : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
