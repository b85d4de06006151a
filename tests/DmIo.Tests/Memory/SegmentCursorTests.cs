using DmIo.Memory;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace DmIo.Tests.Memory;

/// <summary>The cursor compared with a model: an offset in one array of bytes.</summary>
public sealed class SegmentCursorTests
{
    // The kind of a step, and two numbers for it.
    private static readonly Arbitrary<(byte[] Lengths, (byte Kind, byte Bytes, byte Segments)[] Steps)> Scenarios =
        ArbMap.Default.ArbFor<(byte[], (byte, byte, byte)[])>();

    [Fact]
    public void Any_steps_over_segments_return_the_bytes_in_order_within_the_limits()
    {
        Prop.ForAll(Scenarios, scenario => Follows(Scattered(scenario.Lengths), scenario.Steps))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public void Any_steps_over_a_bio_vector_return_the_bytes_in_order_within_the_limits()
    {
        Prop.ForAll(Scenarios, scenario => Follows(Vector(scenario.Lengths), scenario.Steps))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public void Any_steps_over_a_portion_of_a_bio_vector_return_the_bytes_in_order_within_the_limits()
    {
        Prop.ForAll(Scenarios, scenario =>
        {
            var whole = Vector(scenario.Lengths);
            return Follows(whole.Slice(whole.LengthBytes / 3, whole.LengthBytes / 2), scenario.Steps);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public void Taken_segments_are_the_memory_itself()
    {
        Memory<byte> first = new byte[10];
        Memory<byte> second = new byte[10];
        var cursor = new ScatteredMemory([first, second]).GetCursor();
        var batch = new SegmentBatch();

        cursor.Skip(4);
        cursor.Take(batch, 9, 2);

        Assert.Equal(2, batch.Count);
        Assert.True(Bytes.SamePlace(first[4..], batch.Segments[0]));
        Assert.True(Bytes.SamePlace(second[..3], batch.Segments[1]));
    }

    [Fact]
    public void Empty_segments_do_not_count_against_the_limit_of_segments()
    {
        var cursor = new ScatteredMemory([default, new byte[1], default, default, new byte[1]]).GetCursor();

        Assert.Equal(2, cursor.Take(new SegmentBatch(), long.MaxValue, 2));
        Assert.Equal(0, cursor.RemainingBytes);
    }

    [Fact]
    public void A_copy_of_a_cursor_keeps_its_position()
    {
        var cursor = new ScatteredMemory([new byte[10], new byte[10]]).GetCursor();
        cursor.Skip(3);
        var bookmark = cursor;

        cursor.Take(new SegmentBatch(), 12, 8);

        Assert.Equal((15, 3), (cursor.Position, bookmark.Position));
    }

    [Fact]
    public void Taking_skipping_and_rewinding_allocate_nothing()
    {
        IoMemory memory = new PageList([.. Enumerable.Range(0, 16).Select(_ => (Memory<byte>)new byte[4096])], 100);
        var batch = new SegmentBatch(initialSegments: 16);
        GoOver(memory, batch);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var taken = GoOver(memory, batch);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(0, allocated);
        Assert.Equal((16 * 4096) - 100 - 5000 + 7000, taken);
    }

    [Fact]
    public void Seeking_outside_is_refused()
    {
        var cursor = new MemoryBlock(new byte[10].AsMemory()).GetCursor();

        Assert.Throws<ArgumentOutOfRangeException>(() => cursor.Seek(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => cursor.Seek(11));
        Assert.Equal(0, cursor.Position);
    }

    private static long GoOver(IoMemory memory, SegmentBatch batch)
    {
        var cursor = memory.GetCursor();
        cursor.Skip(5000);
        var taken = cursor.Take(batch, long.MaxValue, int.MaxValue);
        batch.Clear();
        cursor.Rewind();
        taken += cursor.Take(batch, 7000, 4);
        batch.Clear();
        return taken;
    }

    private static bool Follows(IoMemory memory, (byte Kind, byte Bytes, byte Segments)[] steps)
    {
        var all = Bytes.Of(memory);
        var cursor = memory.GetCursor();
        var model = 0L;
        foreach (var (kind, bytes, segments) in steps)
        {
            switch (kind % 6)
            {
                case 0:
                    cursor.Rewind();
                    model = 0;
                    break;
                case 1:
                    cursor.Skip(bytes - 5);
                    model += Math.Clamp(bytes - 5, 0, all.Length - model);
                    break;
                case 2:
                    model = bytes * (long)all.Length / byte.MaxValue;
                    cursor.Seek(model);
                    break;
                default:
                    model += CheckedTake(ref cursor, all.AsSpan((int)model), bytes, segments % 5);
                    break;
            }

            Assert.Equal(model, cursor.Position);
            Assert.Equal(memory.LengthBytes, cursor.Position + cursor.RemainingBytes);
        }

        return true;
    }

    private static long CheckedTake(ref SegmentCursor cursor, ReadOnlySpan<byte> ahead, int maxBytes, int maxSegments)
    {
        var batch = new SegmentBatch();
        var taken = cursor.Take(batch, maxBytes, maxSegments);
        var bytes = batch.Segments.ToArray().SelectMany(segment => segment.ToArray()).ToArray();
        Assert.True(batch.Count <= maxSegments && taken <= maxBytes);
        Assert.Equal(taken, bytes.Length);
        Assert.True(ahead.StartsWith(bytes));
        Assert.True(taken == Math.Min(maxBytes, ahead.Length) || batch.Count == maxSegments, "stopped early");
        return taken;
    }

    private static ScatteredMemory Scattered(byte[] lengths) => new([.. Pieces(lengths)]);

    private static BioVector Vector(byte[] lengths) => new([.. Pieces(lengths).Select(EndOf)]);

    // Starts anywhere in the block, even at its end.
    private static BioSegment EndOf(Memory<byte> piece, int index)
    {
        var offset = Math.Min(index, piece.Length);
        return new BioSegment(piece, offset, piece.Length - offset);
    }

    // About every fourth length is 0; the byte values continue from block to block.
    private static IEnumerable<Memory<byte>> Pieces(byte[] lengths)
    {
        var next = 0;
        foreach (var length in lengths)
        {
            var piece = new byte[length % 4 == 0 ? 0 : length];
            for (var index = 0; index < piece.Length; index++)
            {
                piece[index] = (byte)(next++ % 251);
            }

            yield return piece;
        }
    }
}
