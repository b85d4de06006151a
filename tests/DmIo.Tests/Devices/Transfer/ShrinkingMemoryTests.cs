using DmIo.Devices;
using DmIo.Io;
using DmIo.Memory;
using Xunit;

namespace DmIo.Tests.Devices.Transfer;

/// <summary>A user's memory class with fewer bytes than its length: the transfer ends with an exception.</summary>
public sealed class ShrinkingMemoryTests
{
    [Fact]
    public async Task Memory_whose_segments_are_all_empty_ends_the_transfer()
    {
        var memory = new ShrinkingMemory(_ => 4096);

        await Assert.ThrowsAsync<InvalidOperationException>(() => ReadAsync(memory));
    }

    [Fact]
    public async Task Memory_that_shrinks_while_it_is_used_ends_the_transfer()
    {
        var memory = new ShrinkingMemory(asked => asked == 1 ? 4096 : 0);

        await Assert.ThrowsAsync<InvalidOperationException>(() => ReadAsync(memory));
    }

    /// <summary>Runs on its own thread, because the transfer would never end if this test failed.</summary>
    private static Task<IoStatus> ReadAsync(IoMemory memory) => Task.Factory.StartNew(
        () => new MemoryDevice(ByteSize.FromSectors(64)).RunAsync(IoOperation.Read, 0, 8, memory),
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default).Unwrap().WaitAsync(TimeSpan.FromSeconds(60));

    private sealed class ShrinkingMemory(Func<int, long> length) : IoMemory
    {
        private int asked;

        public override long LengthBytes => length(++asked);

        public override int SegmentCount => 1;

        public override Memory<byte> GetSegment(int index) => Memory<byte>.Empty;
    }
}
