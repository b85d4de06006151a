using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Devices.Stores;
using DmIo.Io;
using DmIo.Memory;
using Xunit;

namespace DmIo.Tests.Devices.Files;

/// <summary>Random transfers of random segments compared with an array; the engine requires aligned segments.</summary>
public sealed class DirectBounceModelTests
{
    private const int StoreBytes = 256 << 10;

    [Theory]
    [InlineData(512, 4, 1)]
    [InlineData(512, 512, 2)]
    [InlineData(512, 4096, 3)]
    [InlineData(4096, 4, 4)]
    [InlineData(4096, 4096, 5)]
    [InlineData(8192, 512, 6)]
    public async Task Written_data_is_read_back_for_any_alignment_in_memory(int block, int memoryAlignment, int seed)
    {
        var random = new Random(seed);
        var alignment = new DirectAlignment(block, memoryAlignment);
        var engine = new FakeEngine(StoreBytes, alignment);
        await using var bounce = new DirectBounce(engine, alignment);
        bounce.Attach(new DeviceHost(static () => { }) { BouncePages = PageSlab.TryAllocate(3)!.Pages });
        var memory = new NativeWindow(NativeBlock.Allocate(2 * StoreBytes), 0, 2 * StoreBytes).Memory;
        for (var round = 0; round < 300; round++)
        {
            var blocks = random.Next(1, 12);
            var offset = random.Next(0, (StoreBytes / block) - blocks) * block;
            var batch = Segments(memory, blocks * block, block, random);
            var expected = (byte[])engine.Content.Clone();
            var isWrite = random.Next(2) == 0;
            if (isWrite)
            {
                random.NextBytes(memory.Span);
                batch.CopyTo(expected.AsSpan(offset, blocks * block));
            }

            await TransferAsync(bounce, isWrite, offset, batch, block);

            var moved = new byte[blocks * block];
            batch.CopyTo(moved);
            var where = $"seed {seed}, round {round}";
            Assert.True(expected.AsSpan().SequenceEqual(engine.Content), where);
            Assert.True(moved.AsSpan().SequenceEqual(expected.AsSpan(offset, moved.Length)), where);
        }
    }

    /// <summary>Continues short transfers, as the caller of a device does.</summary>
    private static async Task TransferAsync(
        DirectBounce bounce, bool isWrite, int offset, SegmentBatch batch, int block)
    {
        for (var done = 0L; done < batch.LengthBytes;)
        {
            var rest = new SegmentBatch();
            rest.AddFrom(batch, done);
            var result = isWrite
                ? await bounce.WriteAsync(offset + done, rest, forceUnitAccess: false)
                : await bounce.ReadAsync(offset + done, rest);
            Assert.Equal(IoStatus.Ok, result.Status);
            Assert.True(result.Bytes > 0 && result.Bytes % block == 0);
            done += result.Bytes;
        }
    }

    /// <summary>Disjoint segments, some of whole aligned blocks, some unaligned, some in arrays.</summary>
    private static SegmentBatch Segments(Memory<byte> memory, int lengthBytes, int block, Random random)
    {
        var batch = new SegmentBatch();
        var place = 0;
        for (var rest = lengthBytes; rest > 0;)
        {
            var isAligned = random.Next(3) > 0;
            var length = Math.Min(rest, isAligned ? random.Next(1, 4) * block : random.Next(1, 2 * block));
            place = isAligned ? (place + 8191) & ~8191 : place + random.Next(0, 700);
            batch.Add(random.Next(4) == 0 ? new byte[length] : memory.Slice(place, length));
            place += length;
            rest -= length;
        }

        return batch;
    }
}
