using DmIo.Io;
using DmIo.Memory;
using DmIo.Native;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Devices.Stores;

/// <summary>
/// Direct I/O on an open file, which transfers data between the memory of the caller and the disk without the page
/// cache. The alignment of addresses and lengths comes from the file (statx, Linux 6.1), otherwise from its disk
/// (sysfs); otherwise it is a page, which suits all known disks.
/// </summary>
/// <remarks>
/// The flag is set on the open file, because .NET cannot open a file with it. Creation and the advisory lock of .NET
/// are therefore the same for direct and other devices, so that these exclude each other.
/// </remarks>
internal static class DirectAccess
{
    private const int LargestMemoryAlignment = NativeBlock.AlignmentBytes;

    /// <summary>Makes the reads and writes of the file direct.</summary>
    /// <exception cref="DeviceOpenException">The file does not support direct I/O.</exception>
    internal static DirectAlignment Enable(SafeFileHandle handle, string path)
    {
        if (!LinuxNative.IsAvailable)
        {
            throw new DeviceOpenException(path, "direct I/O needs 64-bit Linux; leave it off.");
        }

        var errno = LinuxNative.SetDirect(handle);
        if (errno != 0)
        {
            throw NotSupported(path, $"({Errno.TextOf(errno)})", errno);
        }

        return ReadAlignment(handle, path);
    }

    private static DirectAlignment ReadAlignment(SafeFileHandle handle, string path)
    {
        if (LinuxNative.Describe(handle, out var status) != 0)
        {
            status = default;
        }

        if (!status.HasDirectAlignment)
        {
            return !status.Kind.IsBlockDevice && LinuxNative.IsInMemory(handle)
                ? DirectAlignment.None
                : OfDisk(status.Queue);
        }

        if (status.DirectOffsetAlignment == 0)
        {
            throw NotSupported(path, "as it is mounted or for this file (a journal for data, encryption, compression)");
        }

        return status.DirectMemoryAlignment > LargestMemoryAlignment
            ? throw new DeviceOpenException(
                path,
                $"direct I/O needs memory at multiples of {status.DirectMemoryAlignment} bytes here, and pages are "
                + $"aligned to {LargestMemoryAlignment}; leave direct I/O off.")
            : Of(status.DirectOffsetAlignment, status.DirectMemoryAlignment);
    }

    /// <summary>The alignment if the file reports none. A disk reports its memory alignment as a mask.</summary>
    private static DirectAlignment OfDisk(BlockQueue queue) => Of(
        queue.Number("logical_block_size") ?? Page.SizeBytes,
        queue.Number("dma_alignment") + 1 ?? Page.SizeBytes);

    /// <summary>Only a memory alignment can be 1: a disk needs aligned lengths even if it accepts any
    /// address.</summary>
    private static DirectAlignment Of(long blockSizeBytes, long memoryAlignmentBytes) => new(
        (int)Math.Max(blockSizeBytes, Io.Sector.SizeBytes),
        (int)Math.Clamp(memoryAlignmentBytes, 2, LargestMemoryAlignment));

    private static DeviceOpenException NotSupported(string path, string detail, int errno = 0) => new(
        path, $"its file system has no direct I/O {detail}; leave direct I/O off, or put the file elsewhere.", errno);
}

/// <summary>The alignment that direct I/O needs for one file.</summary>
/// <param name="BlockSizeBytes">Positions and lengths, including the length of each segment, are multiples of this
/// number: a power of two, at least 512.</param>
/// <param name="MemoryAlignmentBytes">Addresses are multiples of this number: a power of two, at least 1.</param>
internal readonly record struct DirectAlignment(int BlockSizeBytes, int MemoryAlignmentBytes)
{
    /// <summary>The number of pages for misaligned data in all transfers together.</summary>
    private const int Pages = 64;

    /// <summary>A file system in memory accepts the flag and ignores it.</summary>
    internal static DirectAlignment None { get; } = new(Io.Sector.SizeBytes, 1);

    internal bool IsNone => this == None;

    /// <summary>The number of pages that the device requests from its owner. A block must fit in a page; if it does
    /// not, the device allocates its own memory.</summary>
    internal int BouncePages => IsNone || BlockSizeBytes > Page.SizeBytes ? 0 : Pages;

    /// <summary>Returns a description with these alignments, whose capacity is in whole blocks.</summary>
    internal DeviceDescription ApplyTo(DeviceDescription description)
    {
        var capacity = description.Capacity.Bytes;
        var left = (int)(capacity % BlockSizeBytes);
        return description with
        {
            BlockSize = Io.ByteSize.FromBytes(BlockSizeBytes),
            MemoryAlignment = Io.ByteSize.FromBytes(MemoryAlignmentBytes),
            BouncePages = BouncePages,
            Capacity = Io.ByteSize.FromBytes(capacity - left),
            TailBytes = description.TailBytes + left,
        };
    }
}
