using Akka.Actor;
using DmIo.Actors.Protocol;
using DmIo.Actors.Tests.Fixtures;
using DmIo.Io;
using Xunit;
using Xunit.Abstractions;
using static DmIo.Actors.Protocol.IoProtocol;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Actors.Tests.Service;

/// <summary>A device actor whose turn waits for its device, here for as long as nobody rings.</summary>
public sealed class BellTests : ServiceTests
{
    private readonly ITestOutputHelper output;
    private readonly ManualDevice manual = new(1024);
    private readonly LingeringDevice device;

    public BellTests(ITestOutputHelper output)
    {
        this.output = output;
        device = new LingeringDevice(manual);
    }

    [Fact]
    public async Task What_is_sent_while_it_waits_goes_down()
    {
        var (lease, _) = await BeginAsync();

        Send(lease, Write(Pattern(1, 1), new IoRegion("disk", 8, 1)));

        Assert.Equal(8, (await manual.NextCallAsync()).Start.Value);
    }

    [Fact]
    public async Task What_ends_elsewhere_while_it_waits_is_answered()
    {
        var (_, call) = await BeginAsync();

        call.Complete();

        Assert.True(ExpectDone().IsOk);
    }

    [Fact]
    public async Task The_devices_own_call_ends_the_wait()
    {
        await BeginAsync();

        device.Host!.Wake();

        device.WaitUntilDriven();
    }

    [Fact]
    public async Task What_is_withdrawn_while_it_waits_makes_room()
    {
        var (lease, _) = await BeginAsync();
        Send(lease, Write(Pattern(1, 1), new IoRegion("disk", 0, 1)) with { Deadline = TimeSpan.FromSeconds(1) });
        device.WaitUntilAwaited();

        Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(IoStatusCode.TimedOut, ExpectDone()[0].Code);
        device.WaitUntilAwaited();
    }

    [Fact]
    public async Task A_detach_is_heard_while_it_waits()
    {
        var (_, call) = await BeginAsync();
        var actor = DeviceActor("disk");

        Supervisor.Tell(new DetachDevice("disk"), TestActor);

        WaitUntilHandled(Supervisor);
        var io = TestRequests.Io(IoOperation.Read, new IoRegion("disk", 0, 1), Pattern(1, 1), replyTo: TestActor);
        actor.Tell(io, TestActor);
        Assert.Same(io, ExpectMsg<DeviceProtocol.DeviceDone>().Io);
        call.Complete();
        var ends = ReceiveN(2);
        Assert.True(Assert.Single(ends.OfType<IoDone>()).Result.IsOk);
        Assert.Single(ends.OfType<DeviceDetached>());
    }

    [Fact]
    public async Task Who_does_not_ring_is_heard_when_the_wait_is_over()
    {
        var (_, call) = await BeginAsync();
        var actor = DeviceActor("disk");
        Watch(actor);
        Sys.Stop(actor);

        device.EndWait();

        ExpectMsg<Terminated>();
        call.Complete();
        Assert.True(ExpectDone().IsOk);
        await manual.WhenClosed;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task No_message_that_comes_when_it_is_about_to_wait_is_left_lying(int seed)
    {
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        Attach("disk", device, queueDepth: 512);
        var lease = Open(pages: 512);
        for (var at = 0; at < 500; at++)
        {
            Send(lease, Write(Pattern(1, 1), new IoRegion("disk", 2 * at, 1)));
            await manual.NextCallAsync();
            for (var spin = random.Next(2000); spin > 0; spin--)
            {
                // The next one comes before, at and after the moment in which the actor begins to wait.
            }
        }

        Assert.Equal(500, manual.Pending.Count);
    }

    /// <summary>One write in flight, for which the actor waits.</summary>
    private async Task<(Granted Lease, ManualCall Call)> BeginAsync()
    {
        Attach("disk", device);
        var lease = Open(pages: 8);
        Send(lease, Write(Pattern(1, 1), new IoRegion("disk", 0, 1)));
        var call = await manual.NextCallAsync();
        device.WaitUntilAwaited();
        return (lease, call);
    }

    protected override void AfterAll()
    {
        device.LetGo();
        base.AfterAll();
    }
}
