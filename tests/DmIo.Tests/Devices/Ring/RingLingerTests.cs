using DmIo.Devices;
using Xunit;

namespace DmIo.Tests.Devices.Ring;

/// <summary>An owner that waits a moment for the ring itself.</summary>
public sealed class RingLingerTests : IDisposable
{
    private readonly Lazy<RingPipe> pipe = new(() => new RingPipe());

    private RingPipe Pipe => pipe.Value;

    public void Dispose()
    {
        if (pipe.IsValueCreated)
        {
            Pipe.Dispose();
        }
    }

    [RingFact]
    public async Task Nothing_under_way_is_nothing_to_wait_for()
    {
        await using var ring = new DrivenRing(Pipe.Store);
        ring.Engine.Drive();

        Assert.False(ring.Engine.Linger());
    }

    [RingFact]
    public async Task What_is_done_is_found_and_the_next_drive_has_it()
    {
        await using var ring = new DrivenRing(Pipe.Store);
        var call = ring.Engine.ReadAsync(0, Bytes.Batch(new byte[1])).AsTask();
        ring.Engine.Drive();
        Pipe.Write(1);

        while (!ring.Engine.Linger())
        {
            // It may look away for a few times, where a wait was in vain.
        }

        ring.Engine.Drive();
        Assert.Equal(TransferResult.Moved(1), await call);
    }

    [RingFact]
    public async Task Who_waited_in_vain_is_still_woken()
    {
        await using var ring = new DrivenRing(Pipe.Store);
        for (var round = 0; round < 100; round++)
        {
            var call = ring.Engine.ReadAsync(0, Bytes.Batch(new byte[1])).AsTask();
            ring.Engine.Drive();
            Assert.False(ring.Engine.Linger());
            Pipe.Write(1);

            ring.DriveWhenWoken(call);

            Assert.Equal(TransferResult.Moved(1), await call);
        }
    }

    [RingFact]
    public async Task It_waits_less_and_less_often_where_it_is_in_vain()
    {
        await using var ring = new DrivenRing(Pipe.Store);
        var call = ring.Engine.ReadAsync(0, Bytes.Batch(new byte[1])).AsTask();
        ring.Engine.Drive();
        for (var turn = 0; turn < 10_000; turn++)
        {
            Assert.False(ring.Engine.Linger());
        }

        Assert.InRange(ring.Engine.Counters.Waits, 1, 60);
        Pipe.Write(1);
        ring.DriveWhenWoken(call);
    }
}
