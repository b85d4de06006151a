using Akka.Actor;
using DmIo.Actors.Scheduling;
using DmIo.Actors.Telemetry;
using DmIo.Actors.Tests.Fixtures;
using DmIo.Devices;
using DmIo.Io;
using Xunit;

namespace DmIo.Actors.Tests.Telemetry;

/// <summary>Times, by a manual clock; the other counters are tested through actors.</summary>
public sealed class DeviceCountersTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ManualClock clock = new();
    private readonly DeviceCounters counters;
    private readonly IoQueue queue = new(new IoQueueOptions(), new NullDevice(ByteSize.FromKiB(512)).Description);

    public DeviceCountersTests() =>
        counters = new DeviceCounters("disk", ServiceMode.Ring, SchedulingPolicy.Fair, clock);

    [Fact]
    public void The_oldest_operation_grows_older_until_it_ends()
    {
        queue.Add(TestRequests.Io(IoOperation.Write, new IoRegion("disk", 0, 1), new byte[512]), 1 * Second);
        Assert.True(queue.TryTakeNext(2 * Second, out var operation));
        counters.TurnEnded(queue, answers: 0);

        clock.Now = 5 * Second;
        Assert.Equal(3, counters.Snapshot().OldestInFlightSeconds);
        clock.Now = 6 * Second;
        Assert.Equal(4, counters.Snapshot().OldestInFlightSeconds);

        queue.Completed(operation, 6 * Second);
        counters.TurnEnded(queue, answers: 1);
        Assert.Null(counters.Snapshot().OldestInFlightSeconds);
    }

    [Fact]
    public void An_operation_that_blocks_the_turn_is_as_old_as_the_turn()
    {
        counters.TurnBegins(2 * Second);
        clock.Now = 5 * Second;
        Assert.Equal(3, counters.Snapshot().OldestInFlightSeconds);

        counters.TurnEnded(queue, answers: 1);
        Assert.Null(counters.Snapshot().OldestInFlightSeconds);
    }

    [Fact]
    public void A_latency_is_counted_once_for_each_region()
    {
        var io = TestRequests.Io(IoOperation.Write, new IoRegion("disk", 0, 1), new byte[512]);

        counters.Ended(io, IoStatusCode.Ok, 2 * Second);
        counters.Ended(io, IoStatusCode.DeviceError, 2 * Second);

        var latencies = counters.Snapshot().Latencies;
        Assert.Equal(2, latencies.Count);
        Assert.InRange(latencies.QuantileMicroseconds(0.5)!.Value, 2e6, 2e6 * 17 / 16);
    }

    private sealed class ManualClock : ITimeProvider
    {
        internal TimeSpan Now { get; set; }

        public TimeSpan MonotonicClock => Now;

        public TimeSpan HighResMonotonicClock => Now;

        DateTimeOffset ITimeProvider.Now => DateTimeOffset.UnixEpoch + Now;
    }
}
