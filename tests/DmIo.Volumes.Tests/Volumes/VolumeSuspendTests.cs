using System.Collections.Concurrent;
using System.Diagnostics;
using Akka.Actor;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Volumes.Actors;
using DmIo.Volumes.Client;
using DmIo.Volumes.Record;
using Xunit;

namespace DmIo.Volumes.Tests.Volumes;

/// <summary>Volumes of a real service that cannot serve.</summary>
public sealed class VolumeSuspendTests : VolumeServiceTests
{
    private readonly Dictionary<string, FaultyDevice> legs = [];

    [Fact]
    public async Task Operations_that_wait_are_answered_after_the_deadline_and_the_volume_serves_again()
    {
        await using var volume = await OpenAsync(options => options with { SuspendDeadline = TimeSpan.FromSeconds(2) });
        Break("a", "b", "c");
        var sent = WriteAndFailAsync();
        var suspended = await UntilAsync(volume, VolumeState.Suspended);
        var held = WriteAndFailAsync(sector: 1000);
        Assert.False(held.IsCompleted);
        Assert.Contains((await sent).Code, new[] { IoStatusCode.InDoubt, IoStatusCode.Suspended });
        Assert.Equal(IoStatusCode.Suspended, (await held).Code);
        Assert.NotNull(suspended.Suspension);
        Assert.Equal(IoStatusCode.Suspended, (await WriteAndFailAsync()).Code);
        Heal();
        await UntilAsync(volume, VolumeState.Healthy);
        await WriteAsync(2);
        Assert.Equal(2, await ReadAsync());
    }

    /// <summary>A deadline of 0 is none.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(60)]
    public async Task Operations_that_wait_are_executed_when_the_volume_serves_again(int deadline)
    {
        await using var volume = await OpenAsync(
            options => options with { SuspendDeadline = TimeSpan.FromSeconds(deadline) });
        Break("a", "b", "c");
        var held = WriteAsync(3);
        await UntilAsync(volume, VolumeState.Suspended);
        Heal();
        await held;
        Assert.Equal(3, await ReadAsync());
    }

    [Fact]
    public async Task VR11_With_read_quorum_a_read_waits_for_the_voters()
    {
        await using var volume = await OpenAsync(options => options with { ReadQuorum = true });
        await WriteAsync(7);
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(7, await ReadAsync());
        }

        // A read does not wait for the next renewal of the lease, which is due once a second.
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));

        // Two of four voters stop, because they cannot write their superblocks.
        Break("a", "b");
        System.ActorSelection("/user/*/*").Tell(
            new ReplicaActor.EndContinuity(Guid.NewGuid(), null!, IsTruncated: false), ActorRefs.NoSender);
        await UntilAsync(volume, status => status.Legs.Count(leg => leg.State == LegState.InSync) == 1);
        var read = ReadAsync();
        await Task.WhenAny(read, Task.Delay(500));
        Assert.False(read.IsCompleted);
        Heal();
        Assert.Equal(7, await read);
    }

    [Fact]
    public async Task On_error_operations_do_not_wait()
    {
        await using var volume = await OpenAsync(options => options with { OnNoQuorum = NoQuorumAction.Error });
        Break("a", "b", "c");
        _ = WriteAndFailAsync();
        await UntilAsync(volume, VolumeState.Suspended);
        var clock = Stopwatch.StartNew();
        Assert.Equal(IoStatusCode.Suspended, (await WriteAndFailAsync(sector: 1000)).Code);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_flush_of_a_suspended_volume_does_not_fail_its_device()
    {
        await using var volume = await OpenAsync(options => options with { OnNoQuorum = NoQuorumAction.Error });
        Break("a", "b", "c");
        _ = WriteAndFailAsync();
        await UntilAsync(volume, VolumeState.Suspended);
        await using (var client = await Service.OpenAsync(8))
        {
            Assert.Equal(IoStatusCode.Suspended, (await client.FlushAsync([new IoRegion("v", 0, 0)]))[0].Code);
        }

        Heal();
        await UntilAsync(volume, VolumeState.Healthy);
        await WriteAsync(4);
    }

    [Fact]
    public async Task Too_few_legs_in_sync_suspend_and_the_status_names_legs_and_causes()
    {
        await using var volume = await OpenAsync(options => options with { MinInSync = 2 });
        await WriteAsync(1);
        foreach (var leg in new[] { "b", "c" })
        {
            // Only writes of data: their voters are needed for a quorum.
            var data = OperationFilter.On(IoOperation.Write) with { Start = 2048 };
            legs[leg].Add(new FaultRule { Filter = data });
        }

        var held = WriteAsync(5);
        var status = await UntilAsync(volume, status => status.Suspension?.Reason == SuspendReason.BelowMinInSync);
        Assert.Equal(VolumeState.Suspended, status.State);
        Assert.Equal([1, 2], status.Suspension!.MissingLegs);
        Assert.All(status.Legs.Skip(1), leg => Assert.StartsWith("failed write: DeviceError", leg.Cause));
        Assert.Contains("(BelowMinInSync; missing legs: leg 1 'b', leg 2 'c')", status.ToString());
        Assert.True(Assert.Single(status.Witnesses).IsReachable);
        Assert.False(held.IsCompleted);
        legs["b"].Heal();
        await held;
        Assert.Equal(5, await ReadAsync());
    }

    [Fact]
    public async Task A_suspended_volume_can_be_closed()
    {
        var volume = await OpenAsync(options => options with { SuspendDeadline = TimeSpan.Zero });
        Break("a", "b", "c");
        var held = WriteAndFailAsync();
        await UntilAsync(volume, VolumeState.Suspended);
        await volume.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.NotEqual(IoStatusCode.Ok, (await held).Code);
    }

    [Fact]
    public async Task A_witness_that_does_not_answer_is_shown_and_named_by_an_event()
    {
        var told = new ConcurrentQueue<VolumeStatus>();
        var watcher = System.ActorOf(Props.Create(() => new Watcher(told)));
        System.EventStream.Subscribe(watcher, typeof(VolumeChanged));
        await using var volume = await OpenAsync(options => options);
        await Service.DetachAsync("w");
        await UntilAsync(volume, _ => told.Any(
            status => status.ToString().EndsWith("witness 8 'w' unreachable", StringComparison.Ordinal)));
        Assert.False(Assert.Single((await volume.GetStatusAsync()).Witnesses).IsReachable);
    }

    private async Task<Volume> OpenAsync(Func<VolumeOptions, VolumeOptions> change)
    {
        foreach (var name in new[] { "a", "b", "c", "w" })
        {
            legs[name] = new FaultyDevice(new MemoryDevice(ByteSize.FromMiB(16)), seed: 1);
            await Service.AttachAsync(name, legs[name]);
        }

        var options = new VolumeOptions { Name = "v", Legs = ["a", "b", "c"], Witnesses = ["w"] };
        await Service.CreateVolumeAsync(options);
        return await Service.OpenVolumeAsync(change(options));
    }

    private void Break(params string[] names)
    {
        foreach (var name in names)
        {
            legs[name].Add(new FaultRule { Code = IoStatusCode.DeviceGone });
        }
    }

    private void Heal()
    {
        foreach (var leg in legs.Values)
        {
            leg.Heal();
        }
    }

    private async Task<IoStatus> WriteAndFailAsync(long sector = 100)
    {
        await using var client = await Service.OpenAsync(8);
        return (await client.WriteAsync(new IoRegion("v", sector, 8), new byte[4096]))[0];
    }

    private sealed class Watcher : ReceiveActor
    {
        public Watcher(ConcurrentQueue<VolumeStatus> told) =>
            Receive<VolumeChanged>(changed => told.Enqueue(changed.Status));
    }
}
