using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DmIo.Devices.Stores;
using DmIo.Memory;

namespace DmIo.Devices.Files;

/// <summary>
/// Divides a transfer into parts, block by block: a block within one segment, at an aligned address, is used directly;
/// other blocks are gathered into runs of bounce memory. Ends early, at a block, if the bounce memory or the segments
/// of one system call are used up: the transfer is then short. Memory whose address is checked must be pinned.
/// Invariants: parts are whole blocks; a run is aligned, and no block spans two bounce buffers.
/// </summary>
internal sealed class BouncePlan(DirectAlignment alignment, int bufferBytes)
{
    private readonly List<BouncePart> parts = [];
    private int segments;
    private int bounceEnd;

    /// <summary>The length of a bounce buffer.</summary>
    internal int BufferBytes => bufferBytes;

    internal ReadOnlySpan<BouncePart> Parts => CollectionsMarshal.AsSpan(parts);

    /// <summary>The planned bytes: all of the transfer, or at least one block.</summary>
    internal long LengthBytes { get; private set; }

    /// <summary>The number of bounce buffers that the plan needs.</summary>
    internal int BounceCount => (bounceEnd + bufferBytes - 1) / bufferBytes;

    /// <summary>Plans a transfer of whole blocks, with at most the given number of bounce buffers, at least
    /// one.</summary>
    internal void Make(SegmentBatch batch, int maxBounces)
    {
        Invariant.Require(batch.LengthBytes % alignment.BlockSizeBytes == 0 && maxBounces > 0);
        parts.Clear();
        (segments, bounceEnd, LengthBytes) = (0, 0, 0);
        var place = new SegmentPosition(0, 0);
        while (place.Index < batch.Count)
        {
            var segment = batch.Segments[place.Index][place.OffsetBytes..];
            var fit = FittingBytes(segment);
            var isAdded = fit > 0 ? TryAddDirect(segment[..fit]) : TryAddBlock(maxBounces * bufferBytes);
            if (!isAdded)
            {
                return;
            }

            place = Advance(batch, place, fit > 0 ? fit : alignment.BlockSizeBytes);
        }
    }

    private static SegmentPosition Advance(SegmentBatch batch, SegmentPosition place, int bytes)
    {
        var (index, offset) = (place.Index, place.OffsetBytes + bytes);
        while (index < batch.Count && offset >= batch.Segments[index].Length)
        {
            offset -= batch.Segments[index++].Length;
        }

        return new SegmentPosition(index, offset);
    }

    private unsafe int FittingBytes(Memory<byte> segment)
    {
        var address = (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(segment.Span));
        return (address & (alignment.MemoryAlignmentBytes - 1)) == 0
            ? segment.Length & ~(alignment.BlockSizeBytes - 1)
            : 0;
    }

    private bool TryAddDirect(Memory<byte> memory)
    {
        if (segments == DeviceDescription.SegmentsPerSystemCall)
        {
            return false;
        }

        segments++;
        LengthBytes += memory.Length;
        parts.Add(new BouncePart(memory, 0, memory.Length));
        return true;
    }

    private bool TryAddBlock(int maxBytes)
    {
        var isRun = parts.Count > 0 && parts[^1].IsBounced;
        var mask = alignment.MemoryAlignmentBytes - 1;
        var start = isRun ? bounceEnd : (bounceEnd + mask) & ~mask;
        var isNewSegment = !isRun || start % bufferBytes == 0;
        if (start + alignment.BlockSizeBytes > maxBytes
            || (isNewSegment && segments == DeviceDescription.SegmentsPerSystemCall))
        {
            return false;
        }

        if (isRun)
        {
            parts[^1] = parts[^1] with { LengthBytes = parts[^1].LengthBytes + alignment.BlockSizeBytes };
        }
        else
        {
            parts.Add(new BouncePart(default, start, alignment.BlockSizeBytes));
        }

        segments += isNewSegment ? 1 : 0;
        bounceEnd = start + alignment.BlockSizeBytes;
        LengthBytes += alignment.BlockSizeBytes;
        return true;
    }
}

/// <summary>A part of a transfer: the memory of the caller, or (if that is empty) a run of blocks in bounce
/// memory.</summary>
/// <param name="Direct">Aligned, whole blocks.</param>
/// <param name="BounceOffset">The position of the run in the bounce memory of the transfer.</param>
/// <param name="LengthBytes">The length of the part in bytes.</param>
internal readonly record struct BouncePart(Memory<byte> Direct, int BounceOffset, int LengthBytes)
{
    internal bool IsBounced => Direct.IsEmpty;
}
