using DmIo.Memory;

namespace DmIo.Devices.Files;

/// <summary>What direct I/O asks of one file.</summary>
/// <param name="BlockSizeBytes">Places and lengths, also each segment's, are multiples of it: a power of two, at
/// least 512.</param>
/// <param name="MemoryAlignmentBytes">Addresses are multiples of it: a power of two, at least 1.</param>
internal readonly record struct DirectAlignment(int BlockSizeBytes, int MemoryAlignmentBytes)
{
    /// <summary>Pages for what is misaligned: as much as goes through them at a time, in all transfers
    /// together.</summary>
    private const int Pages = 64;

    /// <summary>A memory file system takes the flag and has no use for it: there is nothing to go around.</summary>
    internal static DirectAlignment None { get; } = new(Io.Sector.SizeBytes, 1);

    internal bool IsNone => this == None;

    /// <summary>The pages that the device asks its owner for. One block has to fit into one of them; where it does
    /// not, the device has memory of its own.</summary>
    internal int BouncePages => IsNone || BlockSizeBytes > Page.SizeBytes ? 0 : Pages;

    /// <summary>A description with these numbers: whole blocks alone are the device.</summary>
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
