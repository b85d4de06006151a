using System.Runtime.InteropServices;

namespace DmIo.Devices.Files;

/// <summary>The kernel's <c>struct statx</c>, as much of it as we ask for; the same on every architecture.</summary>
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

    /// <summary>The queue of the block device, or of the disk that the file lies on; of nothing where its file system
    /// has several disks, or none.</summary>
    internal BlockQueue Queue => Kind.IsBlockDevice
        ? BlockQueue.Of(deviceMajor, deviceMinor)
        : BlockQueue.Of(fileSystemMajor, fileSystemMinor);

    /// <summary>Does the kernel tell what direct I/O needs (since 6.1, not for every file system)?</summary>
    internal bool HasDirectAlignment => (known & DirectAlignmentMask) != 0;

    internal uint DirectMemoryAlignment => directMemoryAlignment;

    /// <summary>0: the file has no direct I/O.</summary>
    internal uint DirectOffsetAlignment => directOffsetAlignment;
}
