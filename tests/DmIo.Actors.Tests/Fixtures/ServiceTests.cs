using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit;
using DmIo.Actors.Configuration;
using DmIo.Actors.Devices;
using DmIo.Actors.Protocol;
using DmIo.Actors.Scheduling;
using DmIo.Actors.Service;
using DmIo.Actors.Telemetry;
using DmIo.Devices;
using DmIo.Io;
using DmIo.Memory;
using static DmIo.Actors.Protocol.IoProtocol;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Actors.Tests.Fixtures;

/// <summary>
/// Tests of a running service by messages, with a supervisor in an actor system with a manual clock. Manual devices
/// decide when I/O completes, so no test depends on the speed of the machine.
/// </summary>
public abstract class ServiceTests : Akka.TestKit.Xunit2.TestKit
{
    private const string Configuration = """
        akka.scheduler.implementation = "Akka.TestKit.TestScheduler, Akka.TestKit"
        akka.loglevel = OFF
        akka.stdout-loglevel = OFF
        akka.log-dead-letters = off
        # What must come is waited for as long as a crowded machine may need; nothing waits for what must not come.
        akka.test.single-expect-default = 60s
        akka.test.default-timeout = 60s
        """;

    private const int SectorsPerPage = 8;

    private readonly Lazy<TestProbe> asker;

    /// <param name="slowAfter">Measured by the machine's clock, not the test's; null: 1 s.</param>
    protected ServiceTests(TimeSpan? slowAfter = null)
        : base(ConfigurationFactory.ParseString(Configuration))
    {
        var settings = Settings with { SlowAfter = slowAfter ?? Settings.SlowAfter };
        asker = new Lazy<TestProbe>(() => CreateTestProbe());
        Directory = new DeviceDirectory();
        Supervisor = Sys.ActorOf(
            SupervisorActor.Props(settings, Directory, new ServiceCounters(Sys.Scheduler)), "dmio");
        WaitUntilHandled(Supervisor);
    }

    protected const int MaxPages = 1024;

    private protected DeviceDirectory Directory { get; }

    internal IActorRef Supervisor { get; }

    protected TestScheduler Clock => (TestScheduler)Sys.Scheduler;

    private protected static DmIoSettings Settings { get; } = new()
    {
        MaxPages = MaxPages,
        SlabPages = 16,
        ChecksPages = true,
        Dispatcher = null,
        ShutdownTimeout = TimeSpan.FromSeconds(5),
        WaitingPerPage = 16,
        QueueDepth = 32,
        Policy = SchedulingPolicy.Fair,
        Devices = [],
    };

    protected static byte[] Pattern(int sectors, byte seed)
    {
        var bytes = new byte[sectors * Sector.SizeBytes];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    protected static IoRequest Write(byte[] data, params IoRegion[] regions) =>
        new() { Operation = IoOperation.Write, Regions = regions, Memory = data };

    protected static IoRequest Read(IoMemory memory, params IoRegion[] regions) =>
        new() { Operation = IoOperation.Read, Regions = regions, Memory = memory };

    protected static IoRequest Flush(params string[] devices) => new()
    {
        Operation = IoOperation.Flush,
        Regions = [.. devices.Select(device => new IoRegion(device, 0, 0))],
    };

    /// <summary>The number of sectors in this number of pages.</summary>
    protected static int Pages(int pages) => pages * SectorsPerPage;

    internal ManualDevice Attach(
        string name,
        int sectors = 1024,
        int? queueDepth = null,
        Func<DeviceDescription, DeviceDescription>? describe = null)
    {
        var device = new ManualDevice(sectors, describe);
        Attach(name, device, queueDepth);
        return device;
    }

    /// <summary>Attaches a device whose calls all succeed at once.</summary>
    private protected ManualDevice AttachQuick(
        string name, int sectors = 1024, Func<DeviceDescription, DeviceDescription>? describe = null)
    {
        var device = new ManualDevice(sectors, describe) { Automatic = _ => IoStatus.Ok };
        Attach(name, device);
        return device;
    }

    protected void Attach(
        string name, IBlockDevice device, QueueDepth? queueDepth = null, SchedulingPolicy? policy = null)
    {
        Supervisor.Tell(new AttachDevice(name, device, queueDepth, policy), TestActor);
        ExpectMsg<DeviceAttached>();
    }

    /// <summary>A lease whose owner is the test actor.</summary>
    protected Granted Open(int pages, int weight = LeaseWeight.Default)
    {
        Supervisor.Tell(new Get(pages, Weight: weight), TestActor);
        return ExpectMsg<Granted>();
    }

    protected void Send(Granted lease, IoRequest request) => lease.Requests.Tell(request, TestActor);

    protected IoResult ExpectDone() => ExpectMsg<IoDone>().Result;

    /// <summary>Sends a request, and expects its outcome as the next message.</summary>
    protected IoResult Do(Granted lease, IoRequest request)
    {
        Send(lease, request);
        return ExpectDone();
    }

    internal PoolStatus PoolStatus()
    {
        Supervisor.Tell(GetPoolStatus.Instance, asker.Value.Ref);
        var status = asker.Value.ExpectMsg<PoolStatus>();
        Xunit.Assert.Equal(status.Total, status.Free + status.Leased + status.Draining + status.Quarantined);
        return status;
    }

    /// <summary>The actor of an attached device.</summary>
    protected IActorRef DeviceActor(string name) =>
        Directory.TryFind(name, out var entry)
            ? entry.Actor
            : throw new ArgumentException($"'{name}' is not attached.", nameof(name));

    /// <summary>
    /// Returns when all messages of this test to the lease have passed its request actor and the named devices, and the
    /// answers have passed the request actor.
    /// </summary>
    protected void WaitUntilQuiet(Granted lease, params string[] devices)
    {
        WaitUntilHandled(lease.Requests);
        foreach (var device in devices)
        {
            WaitUntilHandled(DeviceActor(device));
        }

        WaitUntilHandled(lease.Requests);
    }

    /// <summary>
    /// Returns when the actor has handled all earlier messages of this test: a query of the same sender has passed the
    /// mailbox.
    /// </summary>
    /// <remarks>Actors batch messages and send themselves a message to process the batch; the second query arrives
    /// after that message.</remarks>
    internal void WaitUntilHandled(IActorRef actor)
    {
        for (var round = 0; round < 2; round++)
        {
            actor.Tell(new Identify(messageId: round), asker.Value.Ref);
            asker.Value.ExpectMsg<ActorIdentity>();
        }
    }
}
