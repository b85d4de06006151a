using Akka.Actor;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Volumes.Actors;
using DmIo.Volumes.Client;
using DmIo.Volumes.Protocol;
using DmIo.Volumes.Record;
using Xunit;

namespace DmIo.Volumes.Tests.Volumes;

/// <summary>The carrier of a voter, on a real service.</summary>
public sealed class ReplicaTests : VolumeServiceTests
{
    [Fact]
    public async Task VM8_The_superblock_is_written_on_a_device_that_stopped_at_a_failed_flush()
    {
        var faulty = new FaultyDevice(new MemoryDevice(ByteSize.FromMiB(16)), seed: 1);
        await Service.AttachAsync("a", faulty);
        await Service.CreateVolumeAsync(new VolumeOptions { Name = "v", Legs = ["a"] });
        await using var client = await Service.OpenAsync(64);
        var store = await LegStore.OpenAsync(client, "a", await AttachedAsync());
        faulty.Add(new FaultRule { Filter = OperationFilter.On(IoOperation.Flush), MaxCount = 1 });
        Assert.False((await client.FlushAsync("a")).IsOk);
        Assert.False((await client.WriteAsync(new IoRegion("a", 8000, 8), new byte[4096])).IsOk);

        var watch = new DeviceWatch(Service, client, TimeSpan.FromSeconds(8));
        var opening = new VolumeOpening(Service, client, watch, "v", ["a"], [store]);
        var drain = new LegDrain();
        var replica = System.ActorOf(Props.Create(() => new ReplicaActor(store, default, opening, drain)));

        var told = await replica.Ask<ReplicaActor.Told>(
            new ReplicaActor.Ask(ReplicaActor.Lane.Vote, new PreVote(Epoch.None, Guid.NewGuid())),
            TimeSpan.FromSeconds(30));
        Assert.IsType<WouldPromise>(told.Reply);
    }
}
