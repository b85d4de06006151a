using System.Runtime.InteropServices;
using DmIo.Memory;

namespace DmIo.TestKit.Oracle;

/// <summary>
/// The memory of one request, of one of dm-io's kinds, with guard bytes around every segment. Before a read it holds a
/// pattern that no device is likely to return; after the outcome it is overwritten (<see cref="Spoil"/>): later writes
/// are detected (<see cref="Fault"/>), and later reads return overwritten bytes.
/// </summary>
/// <remarks>Not thread-safe. Its segments do not move; their alignment is random: to a page, to a block of 512 bytes,
/// or to any byte.</remarks>
public sealed class GuardedMemory
{
    private const byte Guard = 0xA5;
    private const byte Spoilt = 0xEE;
    private const int MostGuardBytes = 64;
    private const int BlockBytes = 512;
    private const int MostBytes = 1 << 30;

    private readonly List<(Memory<byte> Whole, int Start, int Length)> pieces = [];
    private bool isSpoilt;

    /// <param name="kind">The kind.</param>
    /// <param name="lengthBytes">The length, up to 1 GiB.</param>
    /// <param name="random">Determines the segments and the lengths of their guards.</param>
    public GuardedMemory(MemoryKind kind, int lengthBytes, Random random)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(lengthBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lengthBytes, MostBytes);
        ArgumentNullException.ThrowIfNull(random);
        LengthBytes = lengthBytes;
        Kind = kind;
        Memory = kind switch
        {
            MemoryKind.Plain => Piece(random, lengthBytes),
            MemoryKind.PageList => NewPageList(random, lengthBytes),
            MemoryKind.BioVector => NewVector(random, lengthBytes),
            MemoryKind.Native => NewNative(random, lengthBytes),
            MemoryKind.Slice => NewSlice(random, lengthBytes),
            _ => new VirtualBuffer(Piece(random, lengthBytes)),
        };
    }

    /// <summary>Creates memory of a random kind.</summary>
    public GuardedMemory(int lengthBytes, Random random)
        : this((MemoryKind)Draw(random), lengthBytes, random)
    {
    }

    /// <summary>Memory with segments of the same lengths as those of a call to a device.</summary>
    internal GuardedMemory(SegmentBatch shape)
    {
        LengthBytes = (int)shape.LengthBytes;
        Kind = MemoryKind.BioVector;
        var random = new Random(shape.Count);
        var segments = new List<BioSegment>();
        foreach (var segment in shape.Segments)
        {
            segments.Add(new BioSegment(Piece(random, segment.Length), 0, segment.Length));
        }

        Memory = new BioVector(segments);
    }

    /// <summary>Creates memory of kind <see cref="MemoryKind.PageList"/>, on pages of a lease that only the owner of
    /// the lease accesses.</summary>
    /// <param name="pages">As many pages as the length requires.</param>
    /// <param name="lengthBytes">The length, from the beginning of the first page on.</param>
    public GuardedMemory(IReadOnlyList<Page> pages, int lengthBytes)
    {
        ArgumentNullException.ThrowIfNull(pages);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lengthBytes, pages.Count * Page.SizeBytes);
        LengthBytes = lengthBytes;
        Kind = MemoryKind.PageList;
        Memory = new PageList(pages);
        foreach (var page in pages)
        {
            page.Memory.Span.Fill(Guard);
            pieces.Add((page.Memory, 0, Page.SizeBytes));
        }
    }

    /// <summary>The kind.</summary>
    public MemoryKind Kind { get; }

    /// <summary>The length in bytes.</summary>
    public int LengthBytes { get; }

    /// <summary>The memory for a request; at least <see cref="LengthBytes"/> long.</summary>
    public IoMemory Memory { get; }

    /// <summary>Copies bytes into the memory, from its beginning.</summary>
    public void CopyFrom(ReadOnlySpan<byte> bytes)
    {
        foreach (var (whole, start, length) in pieces)
        {
            var here = Math.Min(length, bytes.Length);
            bytes[..here].CopyTo(whole.Span[start..]);
            bytes = bytes[here..];
        }
    }

    /// <summary>Copies bytes from the memory's beginning, up to the length of either.</summary>
    public void CopyTo(Span<byte> bytes)
    {
        foreach (var (whole, start, length) in pieces)
        {
            var here = Math.Min(length, bytes.Length);
            whole.Span.Slice(start, here).CopyTo(bytes);
            bytes = bytes[here..];
        }
    }

    /// <summary>A copy of the whole memory.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[LengthBytes];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>True if the bytes still hold the initial pattern.</summary>
    public static bool IsUntouched(ReadOnlySpan<byte> bytes) => bytes.IndexOfAnyExcept(Guard) < 0;

    /// <summary>Describes an invalid write. Null: the guards are intact, and after <see cref="Spoil"/> the whole memory
    /// is intact.</summary>
    public string? Fault()
    {
        foreach (var (whole, start, length) in pieces)
        {
            if (!IsUntouched(whole.Span[..start]) || !IsUntouched(whole.Span[(start + length)..]))
            {
                return "bytes outside of the memory were written";
            }

            if (isSpoilt && whole.Span.Slice(start, length).IndexOfAnyExcept(Spoilt) >= 0)
            {
                return "the memory was written after the outcome";
            }
        }

        return null;
    }

    /// <summary>Overwrites the memory, as its owner may do after the outcome.</summary>
    public void Spoil()
    {
        isSpoilt = true;
        pieces.ForEach(piece => piece.Whole.Span.Slice(piece.Start, piece.Length).Fill(Spoilt));
    }

    private static int Draw(Random random)
    {
        ArgumentNullException.ThrowIfNull(random);
        return random.Next(Enum.GetValues<MemoryKind>().Length);
    }

    /// <summary>Pinned, so that its alignment depends only on the random numbers, and does not change.</summary>
    private Memory<byte> Piece(Random random, int length)
    {
        var (before, behind) = (random.Next(1, MostGuardBytes), random.Next(1, MostGuardBytes));
        var offset = DrawOffset(random);
        var array = GC.AllocateUninitializedArray<byte>(before + Page.SizeBytes + length + behind, pinned: true);
        var address = Marshal.UnsafeAddrOfPinnedArrayElement(array, before);
        var skipped = (int)((offset - address) & (Page.SizeBytes - 1));
        var whole = array.AsMemory(skipped, before + length + behind);
        whole.Span.Fill(Guard);
        pieces.Add((whole, before, length));
        return whole.Slice(before, length);
    }

    /// <summary>The offset of a segment's first byte from the beginning of a page.</summary>
    private static int DrawOffset(Random random) => random.Next(4) switch
    {
        0 => 0,
        1 => BlockBytes * random.Next(Page.SizeBytes / BlockBytes),
        _ => random.Next(1, BlockBytes),
    };

    private PageList NewPageList(Random random, int length)
    {
        var offset = random.Next(2) == 0 ? 0 : random.Next(Page.SizeBytes);
        var pages = new List<Memory<byte>>();
        for (var have = -offset; have < length || pages.Count == 0; have += Page.SizeBytes)
        {
            pages.Add(Piece(random, Page.SizeBytes));
        }

        // The bytes before the offset are guards too.
        Narrow(0, offset, 0);
        return new PageList(pages, offset);
    }

    private VirtualBuffer NewNative(Random random, int length)
    {
        var start = random.Next(2) == 0 ? 0 : random.Next(MostGuardBytes);
        var buffer = VirtualBuffer.Allocate(start + length + random.Next(1, MostGuardBytes));
        var whole = buffer.GetSegment(0);
        whole.Span.Fill(Guard);
        pieces.Add((whole, start, length));
        return buffer.Slice(start, length);
    }

    private BioVector NewSlice(Random random, int length)
    {
        var (before, behind) = (random.Next(MostGuardBytes), random.Next(1, MostGuardBytes));
        var vector = NewVector(random, before + length + behind);
        for (var left = before; left > 0;)
        {
            var index = pieces.FindIndex(piece => piece.Length > 0);
            var here = Math.Min(left, pieces[index].Length);
            Narrow(index, here, 0);
            left -= here;
        }

        for (var left = behind; left > 0;)
        {
            var index = pieces.FindLastIndex(piece => piece.Length > 0);
            var here = Math.Min(left, pieces[index].Length);
            Narrow(index, 0, here);
            left -= here;
        }

        return vector.Slice(before, length);
    }

    /// <summary>Uses the first and the last bytes of a segment as guards.</summary>
    private void Narrow(int index, int before, int behind)
    {
        var (whole, start, length) = pieces[index];
        pieces[index] = (whole, start + before, length - before - behind);
    }

    private BioVector NewVector(Random random, int length)
    {
        var segments = new List<BioSegment>();
        while (length > 0)
        {
            var part = random.Next(3) == 0 ? Math.Min(length, random.Next(1, 700)) : Math.Min(length, 1024);
            segments.Add(new BioSegment(Piece(random, part), 0, part));
            length -= part;
        }

        return new BioVector(segments);
    }
}
