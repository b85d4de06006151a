using Akka.Actor;
using DmIo.Actors.Client;
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
    private readonly FaultyDevice faulty = new(new MemoryDevice(ByteSize.FromMiB(16)), seed: 1);

    [Fact]
    public async Task VM8_The_superblock_is_written_on_a_device_that_stopped_at_a_failed_flush()
    {
        await using var client = await Service.OpenAsync(64);
        var store = await CreateAsync(client);
        await FailFlushAsync(client);
        Assert.False(await CanWriteAsync(client));

        var replica = Start(client, store);

        var told = await replica.Ask<ReplicaActor.Told>(
            new ReplicaActor.Ask(ReplicaActor.Lane.Vote, new PreVote(Epoch.None, Guid.NewGuid())),
            TimeSpan.FromSeconds(30));
        Assert.IsType<WouldPromise>(told.Reply);
    }

    /// <summary>A reopened device has lost writes that were answered.</summary>
    [Fact]
    public async Task VM8_A_device_that_stopped_is_reopened_when_no_read_reaches_the_leg_any_more()
    {
        await using var client = await Service.OpenAsync(64);
        var store = await CreateAsync(client);
        var replica = Start(client, store);
        var gate = await GrantAsync(replica, store);
        Assert.True(gate.TryEnter());
        await FailFlushAsync(client);

        var ended = replica.Ask<ReplicaActor.ContinuityEnded>(
            new ReplicaActor.EndContinuity(Guid.NewGuid(), null!, IsTruncated: false), TimeSpan.FromSeconds(30));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (TryPass(gate))
        {
            Assert.False(limit.IsCancellationRequested);
            await Task.Delay(TimeSpan.FromMilliseconds(1));
        }

        Assert.False(await CanWriteAsync(client));
        Assert.False(ended.IsCompleted);
        gate.Leave();

        await ended;
        Assert.True(await CanWriteAsync(client));
    }

    /// <summary>The superblock is the first write that fails: nothing else has found that a cache is lost.</summary>
    [Fact]
    public async Task VM8_A_voter_that_reopens_its_device_ends_its_continuity_and_does_not_answer()
    {
        await using var client = await Service.OpenAsync(64);
        var store = await CreateAsync(client);
        var replica = Start(client, store);
        await GrantAsync(replica, store);
        await FailFlushAsync(client);
        using var inbox = Inbox.Create(System);
        inbox.Watch(replica);

        replica.Tell(new ReplicaActor.Ask(
            ReplicaActor.Lane.Vote,
            new Prepare(new Epoch(store.Superblock.Promised.Round + 1, Guid.NewGuid()), Guid.NewGuid())),
            inbox.Receiver);

        Assert.IsType<Terminated>(await inbox.ReceiveAsync(TimeSpan.FromSeconds(30)));
        Assert.True((await LegStore.OpenAsync(client, "a", await AttachedAsync())).Superblock.Continuity.IsEnded);
    }

    private async Task<LegStore> CreateAsync(IoClient client)
    {
        await Service.AttachAsync("a", faulty);
        await Service.CreateVolumeAsync(new VolumeOptions { Name = "v", Legs = ["a"] });
        return await LegStore.OpenAsync(client, "a", await AttachedAsync());
    }

    private async Task FailFlushAsync(IoClient client)
    {
        faulty.Add(new FaultRule { Filter = OperationFilter.On(IoOperation.Flush), MaxCount = 1 });
        Assert.False((await client.FlushAsync("a")).IsOk);
    }

    private static async Task<bool> CanWriteAsync(IoClient client) =>
        (await client.WriteAsync(new IoRegion("a", 8000, 8), new byte[4096])).IsOk;

    private IActorRef Start(IoClient client, LegStore store)
    {
        var watch = new DeviceWatch(Service, client, TimeSpan.FromSeconds(8));
        var (opening, drain) = (new VolumeOpening(Service, client, watch, "v", ["a"], [store]), new LegDrain());
        return System.ActorOf(Props.Create(() => new ReplicaActor(store, default, opening, drain)));
    }

    private static bool TryPass(LegGate gate)
    {
        var isIn = gate.TryEnter();
        if (isIn)
        {
            gate.Leave();
        }

        return isIn;
    }

    private static async Task<LegGate> GrantAsync(IActorRef replica, LegStore store)
    {
        var (owner, epoch) = (Guid.NewGuid(), new Epoch(store.Superblock.Promised.Round + 1, Guid.NewGuid()));
        var record = store.Superblock.Accepted! with { Version = new RecordVersion(epoch, 1) };
        await AskAsync(ReplicaActor.Lane.Vote, new Prepare(epoch, owner));
        await AskAsync(ReplicaActor.Lane.Vote, new Accept(record));
        return (await AskAsync(ReplicaActor.Lane.Leg, new Attach(epoch, 1, Guid.Empty))).Gate!;

        Task<ReplicaActor.Told> AskAsync(ReplicaActor.Lane lane, VoterRequest request) =>
            replica.Ask<ReplicaActor.Told>(new ReplicaActor.Ask(lane, request), TimeSpan.FromSeconds(30));
    }
}
