using Akka.Actor;
using DmIo.Actors.Protocol;
using DmIo.Actors.Tests.Fixtures;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using Xunit;
using static DmIo.Actors.Protocol.DrainProtocol;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Actors.Tests.Service;

/// <summary>R24: the end of the service, with and without a drain.</summary>
public sealed class ShutdownTests : ServiceTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task R24_a_drain_runs_accepted_requests_and_closes_the_devices()
    {
        var device = Attach("disk");
        var lease = Open(pages: 1);
        Send(lease, Write(Pattern(8, 1), new IoRegion("disk", 0, 8)));
        Send(lease, Write(Pattern(8, 2), new IoRegion("disk", 8, 8)));
        var first = await device.NextCallAsync();
        WaitUntilHandled(lease.Requests);
        var drainer = CreateTestProbe();
        Supervisor.Tell(DrainService.Instance, drainer.Ref);
        WaitUntilHandled(Supervisor);
        Assert.False(drainer.HasMessages);

        first.Complete();
        (await device.NextCallAsync()).Complete();

        Assert.True(ExpectDone().IsOk);
        Assert.True(ExpectDone().IsOk);
        drainer.ExpectMsg<ServiceDrained>();
        Assert.True(device.IsClosed);
        Assert.Equal(0, PoolStatus().Leased);
    }

    [Fact]
    public void R24_a_drained_service_grants_nothing_and_attaches_nothing()
    {
        AttachQuick("disk");
        Supervisor.Tell(DrainService.Instance, TestActor);
        ExpectMsg<ServiceDrained>();
        var device = new ManualDevice(8);

        Supervisor.Tell(new Get(1, Wait: true), TestActor);
        ExpectMsg<GetRefused>();
        Supervisor.Tell(new AttachDevice("disk", device), TestActor);
        ExpectMsg<AttachRefused>();

        Assert.True(device.IsClosed);
    }

    [Fact]
    public async Task R24_a_draining_service_attaches_nothing()
    {
        var disk = Attach("disk");
        var lease = Open(pages: 1);
        Send(lease, Write(Pattern(8, 1), new IoRegion("disk", 0, 8)));
        var call = await disk.NextCallAsync();
        Supervisor.Tell(DrainService.Instance, TestActor);
        var late = new ManualDevice(8);

        Supervisor.Tell(new AttachDevice("late", late), TestActor);

        ExpectMsg<AttachRefused>();
        Assert.True(late.IsClosed);
        call.Complete();
        Assert.Equal(2, ReceiveN(2).Count(message => message is IoProtocol.IoDone or ServiceDrained));
    }

    [Fact]
    public void R24_every_drain_request_is_answered()
    {
        AttachQuick("disk");
        var (first, second) = (CreateTestProbe(), CreateTestProbe());
        Supervisor.Tell(DrainService.Instance, first.Ref);
        Supervisor.Tell(DrainService.Instance, second.Ref);

        first.ExpectMsg<ServiceDrained>();
        second.ExpectMsg<ServiceDrained>();
    }

    [Fact]
    public void R24_an_attach_sent_before_the_drain_is_done_and_the_device_is_closed()
    {
        var device = new ManualDevice(8);
        using var resume = new ManualResetEventSlim();
        Supervisor.Tell(new AttachDevice("disk", new HeldDescription(device, resume)), TestActor);
        Supervisor.Tell(DrainService.Instance, TestActor);

        resume.Set();

        ExpectMsg<DeviceAttached>();
        ExpectMsg<ServiceDrained>();
        Assert.True(device.IsClosed);
    }

    [Fact]
    public void R24_a_get_sent_before_the_drain_is_granted_and_the_lease_is_closed()
    {
        using var resume = new ManualResetEventSlim();
        Supervisor.Tell(new AttachDevice("disk", new HeldDescription(new ManualDevice(8), resume)), TestActor);
        Supervisor.Tell(new Get(4), TestActor);
        Supervisor.Tell(DrainService.Instance, TestActor);

        resume.Set();

        Assert.Single(ReceiveN(3).OfType<Granted>());
        Assert.Equal(0, PoolStatus().Leased);
    }

    [Fact]
    public void R24_a_drain_refuses_waiting_gets()
    {
        var lease = Open(pages: MaxPages);
        var waiter = CreateTestProbe();
        Supervisor.Tell(new Get(1, Wait: true), waiter.Ref);

        Supervisor.Tell(DrainService.Instance, TestActor);

        waiter.ExpectMsg<GetRefused>();
        ExpectMsg<ServiceDrained>();
        Assert.Equal(MaxPages, lease.Lease.Count);
    }

    [Fact]
    public async Task R24_terminating_the_system_answers_everything_pending()
    {
        var device = Attach("disk", queueDepth: 1);
        var lease = Open(pages: 2);
        var (issued, queued, waiting) = (new Completion(), new Completion(), new Completion());
        Send(lease, Write(Pattern(8, 1), new IoRegion("disk", 0, 8)) with { Completion = issued });
        Send(lease, Write(Pattern(8, 2), new IoRegion("disk", 8, 8)) with { Completion = queued });
        Send(lease, Write(Pattern(8, 3), new IoRegion("disk", 16, 8)) with { Completion = waiting });
        var call = await device.NextCallAsync();
        WaitUntilQuiet(lease, "disk");

        await Sys.Terminate();

        var results = await Task.WhenAll(issued.Task, queued.Task, waiting.Task);
        Assert.Equal(IoStatusCode.Stopped, results[0][0].Code);
        Assert.All(
            results[1..],
            result => Assert.True(result[0].Code is IoStatusCode.Stopped or IoStatusCode.DeviceGone));
        Assert.Equal([true, false, false], results.Select(result => result.BufferHeld));
        Assert.False(device.IsClosed);
        call.Complete();
        await device.WhenClosed.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Single(device.Calls);
    }

    [Fact]
    public async Task R24_terminating_the_system_answers_everything_sent_to_the_supervisor()
    {
        var device = Attach("disk");
        var lease = Open(pages: MaxPages);
        Send(lease, Write(Pattern(8, 1), new IoRegion("disk", 0, 8)));
        var call = await device.NextCallAsync();
        var get = Supervisor.Ask<object>(new Get(1, TestActor, Wait: true));
        var put = Supervisor.Ask<object>(new Put(lease.Lease.Id, MaxPages, TestActor));
        var detach = Supervisor.Ask<object>(new DetachDevice("disk"));
        WaitUntilHandled(Supervisor);

        Sys.Stop(Supervisor);

        Assert.IsType<GetRefused>(await get.WaitAsync(Patience));
        Assert.IsType<PutRefused>(await put.WaitAsync(Patience));
        Assert.IsType<DetachRefused>(await detach.WaitAsync(Patience));
        call.Complete();
        await device.WhenClosed.WaitAsync(TimeSpan.FromSeconds(10));
    }

    /// <summary>Blocks the supervisor's turn until the next messages are in its mailbox.</summary>
    private sealed class HeldDescription(IBlockDevice inner, ManualResetEventSlim resume) : DeviceDecorator(inner)
    {
        public override DeviceDescription Description
        {
            get
            {
                resume.Wait(Patience);
                return base.Description;
            }
        }
    }
}
