using System.Runtime.InteropServices;
using DmIo.Memory;

namespace DmIo.TestKit.Oracle;

/// <summary>
/// The memory of one request, of one of dm-io's kinds, with guard bytes around every segment. Before a read it holds a
/// pattern that no device is likely to return; after the outcome it is overwritten (<see cref="Poison"/>): later writes
/// are detected (<see cref="Fault"/>), and later reads return overwritten bytes.
/// </summary>
/// <remarks>Not thread-safe. Its segments do not move; their alignment is random: to a page, to a block of 512 bytes,
/// or to any byte.</remarks>
public sealed class GuardedMemory
{
    private const byte GuardByte = 0xA5;
    private const byte PoisonByte = 0xEE;
    private const int MaxGuardBytes = 64;
    private const int BlockBytes = 512;
    private const int MaxBytes = 1 << 30;

    private readonly List<(Memory<byte> Whole, int Start, int Length)> segments = [];
    private bool isPoisoned;

    /// <param name="kind">The kind.</param>
    /// <param name="lengthBytes">The length, up to 1 GiB.</param>
    /// <param name="random">Determines the segments and the lengths of their guards.</param>
    public GuardedMemory(MemoryKind kind, int lengthBytes, Random random)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(lengthBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lengthBytes, MaxBytes);
        ArgumentNullException.ThrowIfNull(random);
        LengthBytes = lengthBytes;
        Kind = kind;
        Memory = kind switch
        {
            MemoryKind.Plain => NewSegment(random, lengthBytes),
            MemoryKind.PageList => NewPageList(random, lengthBytes),
            MemoryKind.BioVector => NewVector(random, lengthBytes),
            MemoryKind.Native => NewNative(random, lengthBytes),
            MemoryKind.Slice => NewSlice(random, lengthBytes),
            _ => new VirtualBuffer(NewSegment(random, lengthBytes)),
        };
    }

    /// <summary>Creates memory of a random kind.</summary>
    public GuardedMemory(int lengthBytes, Random random)
        : this((MemoryKind)DrawKind(random), lengthBytes, random)
    {
    }

    /// <summary>Memory with segments of the same lengths as those of a call to a device.</summary>
    internal GuardedMemory(SegmentBatch shape)
    {
        LengthBytes = (int)shape.LengthBytes;
        Kind = MemoryKind.BioVector;
        var random = new Random(shape.Count);
        Memory = new BioVector(
            [.. shape.Segments.ToArray().Select(one => new BioSegment(NewSegment(random, one.Length), 0, one.Length))]);
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
            page.Memory.Span.Fill(GuardByte);
            segments.Add((page.Memory, 0, Page.SizeBytes));
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
        foreach (var (whole, start, length) in segments)
        {
            var count = Math.Min(length, bytes.Length);
            bytes[..count].CopyTo(whole.Span[start..]);
            bytes = bytes[count..];
        }
    }

    /// <summary>Copies bytes from the memory's beginning, up to the length of either.</summary>
    public void CopyTo(Span<byte> bytes)
    {
        foreach (var (whole, start, length) in segments)
        {
            var count = Math.Min(length, bytes.Length);
            whole.Span.Slice(start, count).CopyTo(bytes);
            bytes = bytes[count..];
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
    public static bool IsUntouched(ReadOnlySpan<byte> bytes) => bytes.IndexOfAnyExcept(GuardByte) < 0;

    /// <summary>Describes an invalid write. Null: the guards are intact, and after <see cref="Poison"/> the whole
    /// memory is intact.</summary>
    public string? Fault()
    {
        foreach (var (whole, start, length) in segments)
        {
            if (!IsUntouched(whole.Span[..start]) || !IsUntouched(whole.Span[(start + length)..]))
            {
                return "bytes outside of the memory were written";
            }

            if (isPoisoned && whole.Span.Slice(start, length).IndexOfAnyExcept(PoisonByte) >= 0)
            {
                return "the memory was written after the outcome";
            }
        }

        return null;
    }

    /// <summary>Overwrites the memory, as its owner may do after the outcome.</summary>
    public void Poison()
    {
        isPoisoned = true;
        segments.ForEach(segment => segment.Whole.Span.Slice(segment.Start, segment.Length).Fill(PoisonByte));
    }

    private static int DrawKind(Random random)
    {
        ArgumentNullException.ThrowIfNull(random);
        return random.Next(Enum.GetValues<MemoryKind>().Length);
    }

    /// <summary>Pinned, so that its alignment depends only on the random numbers, and does not change.</summary>
    private Memory<byte> NewSegment(Random random, int length)
    {
        var (before, after) = (random.Next(1, MaxGuardBytes), random.Next(1, MaxGuardBytes));
        var offset = DrawOffset(random);
        var array = GC.AllocateUninitializedArray<byte>(before + Page.SizeBytes + length + after, pinned: true);
        var address = Marshal.UnsafeAddrOfPinnedArrayElement(array, before);
        var skipped = (int)((offset - address) & (Page.SizeBytes - 1));
        var whole = array.AsMemory(skipped, before + length + after);
        whole.Span.Fill(GuardByte);
        segments.Add((whole, before, length));
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
            pages.Add(NewSegment(random, Page.SizeBytes));
        }

        // The bytes before the offset are guards too.
        Shrink(0, offset, 0);
        return new PageList(pages, offset);
    }

    private VirtualBuffer NewNative(Random random, int length)
    {
        var start = random.Next(2) == 0 ? 0 : random.Next(MaxGuardBytes);
        var buffer = VirtualBuffer.Allocate(start + length + random.Next(1, MaxGuardBytes));
        var whole = buffer.GetSegment(0);
        whole.Span.Fill(GuardByte);
        segments.Add((whole, start, length));
        return buffer.Slice(start, length);
    }

    private BioVector NewSlice(Random random, int length)
    {
        var (before, after) = (random.Next(MaxGuardBytes), random.Next(1, MaxGuardBytes));
        var vector = NewVector(random, before + length + after);
        for (var left = before; left > 0;)
        {
            var index = segments.FindIndex(segment => segment.Length > 0);
            var count = Math.Min(left, segments[index].Length);
            Shrink(index, count, 0);
            left -= count;
        }

        for (var left = after; left > 0;)
        {
            var index = segments.FindLastIndex(segment => segment.Length > 0);
            var count = Math.Min(left, segments[index].Length);
            Shrink(index, 0, count);
            left -= count;
        }

        return vector.Slice(before, length);
    }

    /// <summary>Uses the first and the last bytes of a segment as guards.</summary>
    private void Shrink(int index, int before, int after)
    {
        var (whole, start, length) = segments[index];
        segments[index] = (whole, start + before, length - before - after);
    }

    private BioVector NewVector(Random random, int length)
    {
        var vector = new List<BioSegment>();
        while (length > 0)
        {
            var count = random.Next(3) == 0 ? Math.Min(length, random.Next(1, 700)) : Math.Min(length, 1024);
            vector.Add(new BioSegment(NewSegment(random, count), 0, count));
            length -= count;
        }

        return new BioVector(vector);
    }
}

/// <summary>The type of a request's memory.</summary>
public enum MemoryKind
{
    /// <summary>One contiguous segment.</summary>
    Plain,

    /// <summary>A <see cref="Memory.PageList"/> whose data may begin inside the first page.</summary>
    PageList,

    /// <summary>A <see cref="Memory.BioVector"/> of segments of any length.</summary>
    BioVector,

    /// <summary>A <see cref="Memory.VirtualBuffer"/>.</summary>
    VirtualBuffer,

    /// <summary>A <see cref="Memory.VirtualBuffer"/> of native memory.</summary>
    Native,

    /// <summary>A slice of a <see cref="Memory.BioVector"/>, from within its first segment to within its
    /// last.</summary>
    Slice,
}

/// <summary>Poisoned memory of completed transfers, which no device may access. Each is checked again before it is
/// dropped. Not thread-safe.</summary>
internal sealed class ReturnedMemory
{
    private const int MaxKept = 64;

    private readonly Queue<(DiskAccess Access, GuardedMemory Memory)> returned = new();

    /// <summary>Adds the memory of a completed transfer. Returns the faults of it and of the dropped memory.</summary>
    internal IEnumerable<string> Take(DiskAccess access, GuardedMemory memory)
    {
        var fault = FaultOf(access, memory);
        memory.Poison();
        returned.Enqueue((access, memory));
        return returned.Count > MaxKept ? [.. fault, .. Check(MaxKept)] : fault;
    }

    /// <summary>Drops all but the newest <paramref name="keep"/>. Returns their faults.</summary>
    internal IEnumerable<string> Check(int keep = 0)
    {
        var faults = new List<string>();
        while (returned.Count > keep)
        {
            var (access, memory) = returned.Dequeue();
            faults.AddRange(FaultOf(access, memory));
        }

        return faults;
    }

    private static string[] FaultOf(DiskAccess access, GuardedMemory memory) =>
        memory.Fault() is { } fault ? [$"{access}: {fault}"] : [];
}
