using Akka.Actor;
using Akka.TestKit;
using DmIo.Actors.Tests.Fixtures;
using DmIo.Devices;
using DmIo.Io;
using Xunit;
using Xunit.Abstractions;
using static DmIo.Actors.Protocol.IoProtocol;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Actors.Tests.Hostile;

/// <summary>Arbitrary messages to every actor of the service: each query has exactly one reply, other messages have
/// none, no actor stops, and leases still work.</summary>
[Collection(Heap.Name)]
public sealed class MessageFuzzTests : ServiceTests
{
    private const int MessagesOfCase = 40;

    /// <summary>The memory that the TestKit retains per stopped probe, rounded up.</summary>
    private const long ProbeBytes = 4096;

    private readonly ITestOutputHelper output;

    public MessageFuzzTests(ITestOutputHelper output) => this.output = output;

    [Fact]
    public void Strangers_get_replies_and_affect_no_other_sender()
    {
        var seed = FuzzPlan.NewSeed();
        output.WriteLine($"DMIO_FUZZ_SEED={seed} DMIO_FUZZ_CASES={FuzzPlan.Cases}");
        Attach("disk", new MemoryDevice(ByteSize.FromKiB(512)));
        Attach("other", new MemoryDevice(ByteSize.FromKiB(512)));
        var lease = Open(pages: 8);
        IActorRef[] actors = [Supervisor, lease.Requests, DeviceActor("disk"), DeviceActor("other")];
        var guard = CreateTestProbe();
        foreach (var actor in actors)
        {
            guard.Watch(actor);
        }

        for (var one = 0; one < FuzzPlan.Cases; one++)
        {
            RunCase(seed + one, actors, lease);
        }

        guard.ExpectNoMsg(TimeSpan.Zero);
        Assert.True(Do(lease, Write(Pattern(8, 1), new IoRegion("disk", 0, 8), new IoRegion("other", 8, 8))).IsOk);
        Assert.Equal(8, PoolStatus().Leased);
    }

    [Fact]
    public void Hostile_messages_leave_nothing_on_the_heap()
    {
        var seed = FuzzPlan.NewSeed();
        output.WriteLine($"DMIO_FUZZ_SEED={seed} DMIO_FUZZ_CASES={FuzzPlan.Cases} (times 2)");
        Attach("disk", new MemoryDevice(ByteSize.FromKiB(512)));
        Attach("other", new MemoryDevice(ByteSize.FromKiB(512)));
        var lease = Open(pages: 8);
        IActorRef[] actors = [Supervisor, lease.Requests, DeviceActor("disk")];
        var before = 0L;

        for (var one = 0; one < 2 * FuzzPlan.Cases; one++)
        {
            before = one == FuzzPlan.Cases ? Heap.Bytes() : before;
            RunCase(seed + one, actors, lease);
        }

        Heap.AssertNotGrown(before, output.WriteLine, ofTest: FuzzPlan.Cases * ProbeBytes);
        Assert.Equal((8, 0, 1), (PoolStatus().Leased, PoolStatus().Draining, PoolStatus().Leases));
    }

    private void RunCase(int seed, IActorRef[] actors, Granted lease)
    {
        var stranger = CreateTestProbe();
        var messages = new HostileMessages(new HostileValues(new Random(seed), "disk", "other"), stranger.Ref);
        var values = new Random(seed);
        var due = 0;
        for (var count = 0; count < MessagesOfCase; count++)
        {
            switch (values.Next(4))
            {
                case 0:
                    Supervisor.Tell(messages.Question(), stranger.Ref);
                    due++;
                    break;
                case 1:
                    lease.Requests.Tell(messages.Request(), stranger.Ref);
                    due++;
                    break;
                default:
                    actors[values.Next(actors.Length)].Tell(messages.Nonsense(), stranger.Ref);
                    break;
            }
        }

        AnswersOf(stranger, due, seed);
        Sys.Stop(stranger.Ref);
    }

    /// <summary>Expects the due replies, and no other message before a final reply of each actor.</summary>
    private void AnswersOf(TestProbe stranger, int due, int seed)
    {
        for (var count = 0; count < due; count++)
        {
            switch (stranger.ReceiveOne(TimeSpan.FromSeconds(60)))
            {
                case null:
                    Assert.Fail($"DMIO_FUZZ_SEED={seed} DMIO_FUZZ_CASES=1: {due - count} replies are missing.");
                    break;
                case IoRefused refused:
                    Assert.NotEmpty(refused.Reason);
                    break;
                case GetRefused refused:
                    Assert.NotEmpty(refused.Reason);
                    break;
                case AttachRefused refused:
                    Assert.NotEmpty(refused.Reason);
                    break;
                case DeviceAttached attached:
                    Supervisor.Tell(new DetachDevice(attached.Name), TestActor);
                    ExpectMsg<DeviceDetached>();
                    break;
            }
        }

        WaitUntilHandled(Supervisor);
        stranger.ExpectNoMsg(TimeSpan.Zero);
    }
}
