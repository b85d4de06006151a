using DmIo.Actors.Protocol;
using DmIo.Actors.Scheduling;
using DmIo.Actors.Tests.Fixtures;
using DmIo.Io;
using Xunit;
using static DmIo.Actors.Protocol.IoProtocol;

namespace DmIo.Actors.Tests.Service;

/// <summary>Scheduling by device actors: merging, sharing, priorities, group flush.</summary>
public sealed class SchedulingTests : ServiceTests
{
    [Fact]
    public async Task Adjacent_writes_are_merged_and_each_has_its_own_outcome()
    {
        var device = Attach("disk", queueDepth: 1, describe: Merging);
        var (one, other) = (Open(pages: 8), Open(pages: 8));
        await HoldAsync(device, one);
        Send(one, Write(Pattern(1, 1), new IoRegion("disk", 8, 1)) with { Context = "a" });
        WaitUntilQuiet(one, "disk");
        Send(other, Write(Pattern(2, 2), new IoRegion("disk", 9, 2)) with { Context = "b" });
        WaitUntilQuiet(other, "disk");

        device.Pending[0].Complete();
        var merged = await NextAsync(device);
        merged.Complete();

        Assert.Equal((8, 3), (merged.Start.Value, merged.Count.Value));
        Assert.Equal(["a", "b", "hold"], Contexts(3));
        Assert.Equal(Pattern(1, 1), device.Bytes(8, 1).ToArray());
        Assert.Equal(Pattern(2, 2), device.Bytes(9, 2).ToArray());
    }

    [Fact]
    public async Task Only_the_write_of_the_bad_sector_fails_in_a_merged_operation()
    {
        var device = Attach("disk", queueDepth: 1, describe: Merging);
        var lease = Open(pages: 8);
        await HoldAsync(device, lease);
        for (var sector = 8; sector < 11; sector++)
        {
            var write = Write(Pattern(1, (byte)sector), new IoRegion("disk", sector, 1));
            Send(lease, write with { Context = $"{sector}" });
        }

        WaitUntilQuiet(lease, "disk");
        device.Automatic = call => call.Start.Value <= 9 && call.Start.Value + call.Count.Value > 9
            ? IoStatus.DeviceError("bad sector", errno: 5)
            : IoStatus.Ok;
        device.Pending[0].Complete();

        var results = ReceiveN(4).Cast<IoDone>().Select(done => done.Result).ToList();
        Assert.Equal("9", Assert.Single(results, result => !result.IsOk).Context);
        Assert.Equal(Pattern(1, 8), device.Bytes(8, 1).ToArray());
        Assert.Equal(Pattern(1, 10), device.Bytes(10, 1).ToArray());
    }

    [Fact]
    public async Task R14_failed_merged_durable_writes_do_not_share_their_errors()
    {
        var device = Attach(
            "disk", queueDepth: 1, describe: description => Merging(description) with { HasForceUnitAccess = true });
        var lease = Open(pages: 8);
        await HoldAsync(device, lease);
        for (var sector = 8; sector < 10; sector++)
        {
            var write = Write(Pattern(1, 1), new IoRegion("disk", sector, 1)) with { ForceUnitAccess = true };
            Send(lease, write);
        }

        WaitUntilQuiet(lease, "disk");
        device.Pending[0].Complete();
        var merged = await NextAsync(device);
        Assert.Equal((2, true), (merged.Count.Value, merged.ForceUnitAccess));
        merged.Fail();

        var failed = ReceiveN(3).Cast<IoDone>().Select(done => done.Result).Where(result => !result.IsOk).ToList();
        Assert.Equal([IoStatusCode.DeviceFailed, IoStatusCode.DeviceFailed], failed.Select(result => result[0].Code));
    }

    [Theory]
    [InlineData(SchedulingPolicy.Fair, 1, 3)]
    [InlineData(SchedulingPolicy.Fifo, 51, 51)]
    public async Task A_flood_of_one_lease_starves_another_only_with_policy_fifo(
        SchedulingPolicy policy, int earliest, int latest)
    {
        var device = new ManualDevice(1024);
        Attach("disk", device, queueDepth: 1, policy);
        var (flood, other) = (Open(pages: 64), Open(pages: 1));
        await HoldAsync(device, flood);
        for (var index = 0; index < 50; index++)
        {
            Send(flood, Write(Pattern(1, 1), new IoRegion("disk", 10 + (2 * index), 1)));
        }

        WaitUntilQuiet(flood, "disk");
        Send(other, Write(Pattern(1, 1), new IoRegion("disk", 500, 1)));
        WaitUntilQuiet(other, "disk");
        device.Automatic = _ => IoStatus.Ok;
        device.Pending[0].Complete();

        ReceiveN(52);
        Assert.InRange(device.Calls.FindIndex(call => call.Start.Value == 500), earliest, latest);
    }

    [Fact]
    public async Task A_lease_of_three_times_the_weight_gets_three_times_the_throughput()
    {
        var device = Attach("disk", queueDepth: 1);
        var (heavy, light) = (Open(pages: 64, weight: 300), Open(pages: 64, weight: 100));
        await HoldAsync(device, heavy);
        for (var index = 0; index < 40; index++)
        {
            Send(heavy, Write(Pattern(1, 1), new IoRegion("disk", 10 + (2 * index), 1)));
            Send(light, Write(Pattern(1, 1), new IoRegion("disk", 510 + (2 * index), 1)));
        }

        WaitUntilQuiet(heavy, "disk");
        WaitUntilQuiet(light, "disk");
        device.Automatic = _ => IoStatus.Ok;
        device.Pending[0].Complete();

        ReceiveN(81);
        Assert.InRange(device.Calls.Take(33).Count(call => call.Start.Value < 500), 22, 27);
    }

    [Fact]
    public async Task Real_time_goes_before_best_effort_and_idle_goes_last_on_every_region()
    {
        var device = Attach("disk", queueDepth: 1);
        var lease = Open(pages: 8);
        await HoldAsync(device, lease);
        (IoPriority, int)[] requests = [(IoPriority.Idle, 20), (IoPriority.BestEffort, 30), (IoPriority.RealTime, 40)];
        foreach (var (priority, sector) in requests)
        {
            var write = Write(Pattern(1, 1), new IoRegion("disk", sector, 1), new IoRegion("disk", sector + 5, 1));
            Send(lease, write with { Priority = priority });
        }

        WaitUntilQuiet(lease, "disk");
        device.Automatic = _ => IoStatus.Ok;
        device.Pending[0].Complete();

        ReceiveN(4);
        Assert.Equal([40, 45, 30, 35, 20, 25], device.Calls.Skip(1).Select(call => call.Start.Value));
    }

    [Fact]
    public async Task Durable_writes_that_arrive_together_share_one_flush_and_are_answered_after_it()
    {
        var device = Attach("disk", queueDepth: 16, describe: d => d with { HasForceUnitAccess = true });
        var lease = Open(pages: 16);
        for (var index = 0; index < 8; index++)
        {
            var write = Write(Pattern(1, 1), new IoRegion("disk", 2 * index, 1)) with { ForceUnitAccess = true };
            lease.Requests.Tell(write, TestActor);
        }

        Send(lease, Flush("disk"));
        for (var flushes = 0; flushes < 20 && !HasMessages; flushes++)
        {
            (await NextAsync(device)).Complete();
            WaitUntilQuiet(lease, "disk");
        }

        CompleteAll(device, lease);
        ReceiveN(9);
        Assert.InRange(device.Calls.Count(call => call.Operation == IoOperation.Flush || call.ForceUnitAccess), 1, 3);
    }

    [Fact]
    public async Task R14_a_failed_durable_write_is_not_flushed()
    {
        var device = Attach("disk");
        var lease = Open(pages: 1);
        Send(lease, Write(Pattern(1, 1), new IoRegion("disk", 0, 1)) with { ForceUnitAccess = true });
        (await NextAsync(device)).Fail();

        Assert.Equal(IoStatusCode.DeviceError, ExpectDone()[0].Code);
        Assert.Single(device.Calls);
    }

    private static DmIo.Devices.DeviceDescription Merging(DmIo.Devices.DeviceDescription description) =>
        description with { MaxSegments = 64 };

    private static async Task<ManualCall> NextAsync(ManualDevice device) => await device.NextCallAsync();

    /// <summary>Keeps the device busy, so that later I/Os meet in the queue.</summary>
    private async Task HoldAsync(ManualDevice device, ServiceProtocol.Granted lease)
    {
        Send(lease, Write(Pattern(1, 1), new IoRegion("disk", 1000, 1)) with { Context = "hold" });
        await device.NextCallAsync();
    }

    private void CompleteAll(ManualDevice device, ServiceProtocol.Granted lease)
    {
        while (device.Pending.Count > 0)
        {
            device.Pending[0].Complete();
            WaitUntilQuiet(lease, "disk");
        }
    }

    private string[] Contexts(int count) =>
        [.. ReceiveN(count).Cast<IoDone>().Select(done => (string)done.Result.Context!).Order(StringComparer.Ordinal)];
}
