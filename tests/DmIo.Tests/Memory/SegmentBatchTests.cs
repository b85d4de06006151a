using DmIo.Memory;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace DmIo.Tests.Memory;

/// <summary>The segments of one call to a device.</summary>
public sealed class SegmentBatchTests
{
    [Fact]
    public void Segments_are_kept_in_order_and_empty_ones_are_left_out()
    {
        Memory<byte> first = new byte[3];
        Memory<byte> second = new byte[5];

        var batch = BatchOf(first, default, second);

        Assert.Equal((2, 8L), (batch.Count, batch.LengthBytes));
        Assert.True(Bytes.SamePlace(first, batch.Segments[0]) && Bytes.SamePlace(second, batch.Segments[1]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(64)]
    public void A_batch_grows_from_any_capacity(int capacity)
    {
        var batch = new SegmentBatch(capacity);

        for (var index = 0; index < 100; index++)
        {
            batch.Add(new byte[1]);
        }

        Assert.Equal((100, 100L), (batch.Count, batch.LengthBytes));
    }

    [Fact]
    public void A_cleared_batch_holds_no_memory()
    {
        var batch = new SegmentBatch();
        var memory = AddAndForget(batch);

        batch.Clear();
        GC.Collect();

        Assert.False(memory.IsAlive);
        Assert.Equal((0, 0L), (batch.Count, batch.LengthBytes));
    }

    [Fact]
    public void As_a_list_of_either_kind_it_has_its_segments()
    {
        var batch = BatchOf(new byte[] { 1 }, new byte[] { 2, 3 });
        IReadOnlyList<Memory<byte>> destination = batch;
        IReadOnlyList<ReadOnlyMemory<byte>> source = batch;

        Assert.Equal([1, 2, 3], destination.SelectMany(segment => segment.ToArray()));
        Assert.Equal([1, 2, 3], source.SelectMany(segment => segment.ToArray()));
        Assert.Equal([2, 3], destination[1].ToArray());
        Assert.Equal([2, 3], source[1].ToArray());
    }

    [Fact]
    public void An_index_behind_the_last_segment_throws_even_within_the_capacity()
    {
        IReadOnlyList<Memory<byte>> batch = BatchOf(new byte[1]);

        Assert.Throws<IndexOutOfRangeException>(() => batch[1]);
    }

    [Fact]
    public void Copying_and_zeroing_agree_with_one_array_of_bytes()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<(byte[] Lengths, ushort Skip)>(), scenario =>
        {
            var all = Bytes.Pattern(scenario.Lengths.Sum(length => length));
            var skip = scenario.Skip % (all.Length + 1);
            var batch = BatchOf([.. scenario.Lengths.Select(length => (Memory<byte>)new byte[length])]);

            batch.CopyFrom(all);
            Assert.Equal(all, BytesOf(batch));

            var copied = new byte[skip];
            batch.CopyTo(copied);
            Assert.Equal(all[..skip], copied);

            var rest = new SegmentBatch();
            rest.AddFrom(batch, skip);
            Assert.Equal(all[skip..], BytesOf(rest));
            Assert.Equal(all.Length - skip, rest.LengthBytes);

            batch.ZeroFrom(skip);
            Assert.Equal([.. all[..skip], .. new byte[all.Length - skip]], BytesOf(batch));
        }).QuickCheckThrowOnFailure();
    }

    private static SegmentBatch BatchOf(params Memory<byte>[] segments)
    {
        var batch = new SegmentBatch();
        foreach (var segment in segments)
        {
            batch.Add(segment);
        }

        return batch;
    }

    private static byte[] BytesOf(SegmentBatch batch) =>
        batch.Segments.ToArray().SelectMany(segment => segment.ToArray()).ToArray();

    // A separate method, so that no local of the test keeps the array alive.
    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static WeakReference AddAndForget(SegmentBatch batch)
    {
        var array = new byte[10];
        batch.Add(array);
        return new WeakReference(array);
    }
}
