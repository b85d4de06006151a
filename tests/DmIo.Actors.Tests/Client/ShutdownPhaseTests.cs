using Akka;
using Akka.Actor;
using Akka.Configuration;
using DmIo.Actors.Client;
using DmIo.Actors.Protocol;
using DmIo.Actors.Tests.Settings;
using DmIo.Actors.Tests.Tour;
using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Io;
using Xunit;

namespace DmIo.Actors.Tests.Client;

/// <summary>R24: the service stops in its own phase, after all of its users.</summary>
public sealed class ShutdownPhaseTests
{
    private const string Extension = """
        akka.extensions = ["DmIo.Actors.Client.DmIoServiceProvider, DmIo.Actors"]
        """;

    /// <summary>A phase in which the service has already stopped.</summary>
    private const string PhaseAfter = "after-dmio";

    private const string After = $$"""
        akka.coordinated-shutdown.phases {
          {{PhaseAfter}}.depends-on = [dmio-stop]
          actor-system-terminate.depends-on = [{{PhaseAfter}}]
        }
        """;

    private static readonly byte[] Page = [.. Enumerable.Range(0, 4096).Select(index => (byte)(index % 251))];

    [Theory]
    [InlineData("", CoordinatedShutdown.PhaseServiceRequestsDone)]
    [InlineData("", CoordinatedShutdown.PhaseServiceStop)]
    [InlineData("", CoordinatedShutdown.PhaseClusterShardingShutdownRegion)]
    [InlineData("", CoordinatedShutdown.PhaseBeforeActorSystemTerminate)]
    [InlineData(Extension, CoordinatedShutdown.PhaseBeforeActorSystemTerminate)]
    public async Task R24_a_task_of_an_earlier_phase_can_write(string hocon, string phase)
    {
        using var folder = new ScratchFolder();
        var path = folder.PathOf("disk.img");
        await using var running = new RunningService(hocon);
        await running.Service.AttachAsync("disk", FileDevice.Open(new FileDeviceOptions
        {
            Path = path,
            CreateSize = ByteSize.FromSectors(128),
        })).InTime();
        var client = await running.Service.OpenAsync(1).InTime();
        IoResult? written = null;
        AddTask(running, phase, async () => written = await client.WriteAsync(new IoRegion("disk", 8, 8), Page));

        await running.System.Terminate().InTime();

        Assert.True(written?.IsOk);
        Assert.Equal(Page, (await File.ReadAllBytesAsync(path))[4096..8192]);
    }

    [Fact]
    public async Task R24_an_actor_in_service_stop_can_get_a_lease_and_write()
    {
        await using var running = await new RunningService().WithMemoryAsync("left", "right");
        object? report = null;
        AddTask(running, CoordinatedShutdown.PhaseServiceStop, async () =>
        {
            using var inbox = Inbox.Create(running.System);
            running.System.ActorOf(
                Props.Create(() => new CopyActor(running.Service.Supervisor, Page, inbox.Receiver)));
            report = await inbox.ReceiveAsync(Patience.Limit);
        });

        await running.System.Terminate().InTime();

        Assert.True(Assert.IsType<IoResult>(report).IsOk);
    }

    [Fact]
    public async Task R24_after_its_phase_nothing_is_begun_and_every_outcome_is_stopped()
    {
        await using var running = await new RunningService(After).WithMemoryAsync("a");
        var client = await running.Service.OpenAsync(1).InTime();
        var late = new NullDevice(ByteSize.FromSectors(8));
        var answers = new List<string>();
        AddTask(running, PhaseAfter, async () =>
        {
            answers.Add(await WrittenAsync(client));
            answers.Add($"{await CauseAsync(() => running.Service.OpenAsync(1))}");
            answers.Add($"{await CauseAsync(() => running.Service.OpenAsync(1, wait: true))}");
            answers.Add($"{await CauseAsync(() => running.Service.AttachAsync("b", late))}");
        });

        await running.System.Terminate().InTime();

        Assert.Equal(["Stopped", "Stopped", "Stopped", "Stopped"], answers);
    }

    [Fact]
    public async Task R24_a_watcher_of_the_request_actor_gets_a_clean_stop()
    {
        await using var running = new RunningService(After);
        using var owner = Inbox.Create(running.System);
        running.Service.Supervisor.Tell(new ServiceProtocol.Get(1), owner.Receiver);
        var granted = Assert.IsType<ServiceProtocol.Granted>(await owner.ReceiveAsync(Patience.Limit));
        owner.Watch(granted.Requests);
        object? received = null;
        AddTask(running, PhaseAfter, async () => received = await owner.ReceiveAsync(Patience.Limit));

        await running.System.Terminate().InTime();

        Assert.Equal(granted.Requests, Assert.IsType<Terminated>(received).ActorRef);
    }

    [Fact]
    public async Task Its_phase_takes_longer_than_the_shutdown_timeout()
    {
        await using var running = new RunningService("dmio.shutdown-timeout = 30s");

        var timeout = CoordinatedShutdown.Get(running.System).Timeout("dmio-stop");

        Assert.Equal(TimeSpan.FromSeconds(31), timeout);
    }

    [Fact]
    public async Task R24_the_service_can_stop_in_another_phase()
    {
        await using var running = await new RunningService(
            "dmio.shutdown-phase = service-stop").WithMemoryAsync("a");
        var client = await running.Service.OpenAsync(1).InTime();
        var answer = "";
        AddTask(running, CoordinatedShutdown.PhaseBeforeClusterShutdown, async () =>
            answer = await WrittenAsync(client));

        await running.System.Terminate().InTime();

        Assert.Equal("Stopped", answer);
    }

    [Theory]
    [InlineData("dmio.shutdown-phase = no-such-phase", "'no-such-phase'")]
    [InlineData("dmio.shutdown-phase = no-such-phase", "before-actor-system-terminate")]
    [InlineData("dmio.shutdown-phase = actor-system-terminate", "'actor-system-terminate'")]
    [InlineData("""
        dmio.shutdown-phase = aside
        akka.coordinated-shutdown.phases.aside.depends-on = [service-stop]
        """, "akka.coordinated-shutdown.phases.actor-system-terminate.depends-on")]
    [InlineData("""
        akka.coordinated-shutdown.phases.actor-system-terminate.depends-on = [before-actor-system-terminate]
        """, "akka.coordinated-shutdown.phases.actor-system-terminate.depends-on")]
    public async Task A_phase_that_cannot_be_used_fails_the_start_and_is_named(string hocon, string named)
    {
        var system = ActorSystem.Create("bad", ConfigurationFactory.ParseString(
            "akka.loglevel = OFF\nakka.stdout-loglevel = OFF\n" + hocon));

        var error = Assert.Throws<ConfigurationException>(() => DmIoService.For(system));

        Assert.StartsWith("dmio.shutdown-phase is ", error.Message, StringComparison.Ordinal);
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        await system.Terminate().InTime();
    }

    [Fact]
    public async Task R24_with_its_phase_in_the_configuration_it_may_start_after_coordinated_shutdown_was_used()
    {
        var started = await StartedService.StartAsync(DmIoService.DefaultConfig(), usesShutdownBefore: true);
        await started.Service.AttachAsync("a", new MemoryDevice(ByteSize.FromSectors(8))).InTime();
        var client = await started.Service.OpenAsync(1).InTime();
        IoResult? written = null;
        CoordinatedShutdown.Get(started.System).AddTask(
            CoordinatedShutdown.PhaseBeforeActorSystemTerminate, "last", async () =>
            {
                written = await client.WriteAsync(new IoRegion("a", 0, 8), Page);
                return Done.Instance;
            });

        await started.System.Terminate().InTime();

        Assert.Empty(started.Warnings);
        Assert.True(written?.IsOk);
    }

    [Fact]
    public async Task R24_without_its_phase_it_stops_in_the_phase_before_and_logs_it()
    {
        var started = await StartedService.StartAsync(Config.Empty, usesShutdownBefore: true);
        await started.Service.AttachAsync("a", new MemoryDevice(ByteSize.FromSectors(8))).InTime();
        var client = await started.Service.OpenAsync(1).InTime();
        IoResult? written = null;
        CoordinatedShutdown.Get(started.System).AddTask(
            CoordinatedShutdown.PhaseClusterShutdown, "last", async () =>
            {
                written = await client.WriteAsync(new IoRegion("a", 0, 8), Page);
                return Done.Instance;
            });

        await started.System.Terminate().InTime();

        Assert.Contains("DmIoService.DefaultConfig()", Assert.Single(started.Warnings), StringComparison.Ordinal);
        Assert.True(written?.IsOk);
        Assert.Equal(IoRefusal.Stopped, await CauseAsync(() => client.FlushAsync("a")));
    }

    [Fact]
    public async Task A_phase_shorter_than_the_shutdown_timeout_causes_a_warning()
    {
        var started = await StartedService.StartAsync(ConfigurationFactory.ParseString("""
            dmio.shutdown-timeout = 30s
            dmio.devices {
            }
            akka.coordinated-shutdown.phases.dmio-stop.timeout = 10s
            """));

        var warning = Assert.Single(started.Warnings);

        Assert.Contains("dmio.shutdown-timeout is 00:00:30", warning, StringComparison.Ordinal);
        Assert.Contains("dmio-stop.timeout", warning, StringComparison.Ordinal);
        await started.System.Terminate().InTime();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task R24_without_coordinated_shutdown_everything_pending_is_stopped(bool isSystem)
    {
        await using var running = new RunningService(
            "akka.coordinated-shutdown.run-by-actor-system-terminate = off");
        var stuck = await running.AttachStuckAsync("a");
        var client = await running.Service.OpenAsync(1).InTime();
        var inFlight = client.WriteAsync(new IoRegion("a", 0, 8), Page);
        var waiting = client.WriteAsync(new IoRegion("a", 8, 8), Page);
        await stuck.WhenHungAsync(1).InTime();

        if (isSystem)
        {
            await running.System.Terminate().InTime();
        }
        else
        {
            running.System.Stop(running.Service.Supervisor);
        }

        Assert.Equal(IoStatusCode.Stopped, (await inFlight.InTime())[0].Code);
        Assert.Equal(IoStatusCode.Stopped, (await waiting.InTime())[0].Code);
        await client.DisposeAsync().InTime();
        Assert.Equal(IoRefusal.Stopped, await CauseAsync(() => running.Service.OpenAsync(1)));
        stuck.Release();
    }

    private static void AddTask(RunningService running, string phase, Func<Task> task) =>
        CoordinatedShutdown.Get(running.System).AddTask(phase, "user", async () =>
        {
            await task();
            return Done.Instance;
        });

    /// <summary>The status or the refusal of a write, depending on whether the client already knows that the service
    /// has ended.</summary>
    private static async Task<string> WrittenAsync(IoClient client)
    {
        try
        {
            return $"{(await client.WriteAsync(new IoRegion("a", 0, 8), Page).InTime())[0].Code}";
        }
        catch (IoRefusedException refused)
        {
            return $"{refused.Cause}";
        }
    }

    private static async Task<IoRefusal?> CauseAsync(Func<Task> ask) =>
        (await Assert.ThrowsAsync<IoRefusedException>(() => ask().InTime())).Cause;
}
