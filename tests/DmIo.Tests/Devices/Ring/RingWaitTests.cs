using DmIo.Devices;
using DmIo.Devices.IoUring;
using Xunit;
using Xunit.Abstractions;

namespace DmIo.Tests.Devices.Ring;

/// <summary>An owner whose thread waits for the ring, or for its bell.</summary>
public sealed class RingWaitTests(ITestOutputHelper output) : IDisposable
{
    private const long Minute = 60_000_000_000;
    private const long Microsecond = 1_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

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
        await using var ring = Open(Minute);
        ring.Engine.Drive();

        Assert.False(ring.Engine.Linger());
        Assert.Equal(0, ring.Engine.Waits);
    }

    [RingFact]
    public async Task What_is_done_ends_the_wait_and_the_next_drive_has_it()
    {
        await using var ring = Open(Minute);
        var call = Read(ring);
        var wait = Wait(ring);
        Pipe.Write(1);

        Assert.True(await wait.WaitAsync(Patience));
        ring.Engine.Drive();
        Assert.Equal(TransferResult.Moved(1), await call);
    }

    [RingFact]
    public async Task The_bell_ends_the_wait()
    {
        await using var ring = Open(Minute);
        var call = Read(ring);
        var wait = Wait(ring);
        ring.Bell.Ring();

        Assert.False(await wait.WaitAsync(Patience));
        Pipe.Write(1);
        ring.DriveWhenWoken(call);
    }

    [RingFact]
    public async Task Who_was_rung_for_before_does_not_wait()
    {
        await using var ring = Open(Minute);
        var call = Read(ring);
        ring.Bell.Ring();

        Assert.False(ring.Engine.Linger());
        Assert.Equal(0, ring.Engine.Waits);
        Pipe.Write(1);
        ring.DriveWhenWoken(call);
    }

    [RingFact]
    public async Task Where_no_place_is_free_nobody_waits()
    {
        await using var ring = new DrivenRing(Pipe.Store, bounds: new WaitBounds(Minute, places: 0, () => 0));
        var call = Read(ring);

        Assert.False(ring.Engine.Linger());
        Pipe.Write(1);
        ring.DriveWhenWoken(call);
    }

    [RingFact]
    public async Task Who_waited_in_vain_is_still_woken()
    {
        await using var ring = Open(Microsecond);
        for (var round = 0; round < 100; round++)
        {
            var call = Read(ring);
            Assert.False(ring.Engine.Linger());
            Pipe.Write(1);

            ring.DriveWhenWoken(call);

            Assert.Equal(TransferResult.Moved(1), await call);
        }
    }

    [RingFact]
    public async Task It_waits_less_and_less_often_where_it_is_in_vain()
    {
        await using var ring = Open(Microsecond);
        var call = Read(ring);
        for (var turn = 0; turn < 10_000; turn++)
        {
            Assert.False(ring.Engine.Linger());
        }

        Assert.InRange(ring.Engine.Waits, 1, 60);
        Pipe.Write(1);
        ring.DriveWhenWoken(call);
    }

    [RingTheory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task No_ring_and_no_completion_is_lost(int seed)
    {
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var ring = Open(Minute);
        for (var round = 0; round < 3_000; round++)
        {
            var call = Read(ring);
            var spins = random.Next(3_000);
            ThreadPool.UnsafeQueueUserWorkItem(_ => RingBehind(ring.Bell, spins), null);
            Linger(ring);
            Pipe.Write(1);
            while (!call.IsCompleted)
            {
                ring.Bell.Hush();
                Linger(ring);
                ring.Engine.Drive();
            }
        }
    }

    private static void Linger(DrivenRing ring) => Assert.True(
        ring.Engine.Linger() || !ring.Bell.TryAwait(), "A wait was ended neither by a completion nor by the bell.");

    private static void RingBehind(DeviceBell bell, int spins)
    {
        Thread.SpinWait(spins);
        bell.Ring();
    }

    private DrivenRing Open(long longestNanoseconds) =>
        new(Pipe.Store, bounds: new WaitBounds(longestNanoseconds, places: 1, () => 0));

    private static Task<TransferResult> Read(DrivenRing ring)
    {
        var call = ring.Engine.ReadAsync(0, Bytes.Batch(new byte[1])).AsTask();
        ring.Engine.Drive();
        return call;
    }

    /// <summary>On a thread that it may keep.</summary>
    private static Task<bool> Wait(DrivenRing ring)
    {
        var wait = Task.Factory.StartNew(
            ring.Engine.Linger, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Assert.True(SpinWait.SpinUntil(() => ring.Engine.Waits == 1, Patience));
        return wait;
    }
}
