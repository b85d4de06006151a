using Akka.Actor;
using Akka.Event;
using DmIo.Actors.Client;
using DmIo.Actors.Protocol;
using DmIo.Actors.Tests.Fixtures;
using DmIo.Io;
using Xunit;
using static DmIo.Actors.Protocol.IoProtocol;

namespace DmIo.Actors.Tests.Client;

/// <summary>Clients, and the end of the service, when a required actor is dead or never answers.</summary>
public sealed class DeadPartnerTests
{
    /// <summary>Timeouts that are longer than a test, so that only the tested event ends a wait.</summary>
    private const string Patient = """
        dmio.shutdown-timeout = 1h
        akka.coordinated-shutdown.phases.dmio-stop.timeout = 1h
        """;

    private const string AtOnce = """
        dmio.shutdown-timeout = 0s
        akka.coordinated-shutdown.phases.dmio-stop.timeout = 1h
        """;

    private static readonly byte[] Page = new byte[4096];

    [Fact]
    public async Task R24_a_disposed_clients_requests_are_answered_when_its_request_actor_dies_while_a_device_is_stuck()
    {
        await using var running = await new RunningService().WithMemoryAsync("b");
        var stuck = await running.AttachStuckAsync("a");
        var client = await running.Service.OpenAsync(2).InTime();
        var held = client.WriteAsync(new IoRegion("a", 0, 8), Page);
        await stuck.WhenHungAsync(1).InTime();
        using var isBusy = new SemaphoreSlim(0);
        using var resume = new SemaphoreSlim(0);
        var busy = new Completion(_ =>
        {
            isBusy.Release();
            resume.Wait();
        });
        client.Requests.Tell(
            new IoRequest
            {
                Operation = IoOperation.Write,
                Regions = [new IoRegion("b", 0, 0)],
                Memory = Page,
                Completion = busy,
            },
            ActorRefs.NoSender);
        await isBusy.WaitAsync(Patience.Limit);
        var stranded = client.WriteAsync(new IoRegion("b", 0, 8), Page);
        var closing = client.DisposeAsync();
        await running.PoolWhenAsync(status => status.Draining == 2);

        running.System.Stop(client.Requests);
        resume.Release();

        Assert.Equal(IoStatusCode.Stopped, (await stranded.InTime())[0].Code);
        Assert.True((await held.InTime()).BufferHeld);
        stuck.Release();
        await closing.InTime();
    }

    [Fact]
    public async Task R24_the_end_of_the_system_does_not_wait_for_a_dead_supervisor()
    {
        var running = new RunningService(Patient);
        await running.Service.Supervisor.GracefulStop(Patience.Limit).InTime();

        await running.DisposeAsync();

        Assert.True(running.System.WhenTerminated.IsCompleted);
    }

    [Fact]
    public async Task R24_a_shutdown_timeout_of_zero_waits_for_nothing()
    {
        var running = new RunningService(AtOnce);
        var stuck = await running.AttachStuckAsync("a");
        var client = await running.Service.OpenAsync(1).InTime();
        var write = client.WriteAsync(new IoRegion("a", 0, 8), Page);
        await stuck.WhenHungAsync(1).InTime();

        await running.DisposeAsync();

        Assert.Equal(IoStatusCode.Stopped, (await write.InTime())[0].Code);
        stuck.Release();
    }

    [Fact]
    public async Task A_lease_granted_after_the_service_has_died_is_accepted_without_an_error()
    {
        var opening = new ClientOpening(pages: 1, wait: false, LeaseWeight.Default, CancellationToken.None);
        opening.Refuse(ClientOpening.ServiceStopped, IoRefusal.Stopped);

        opening.Open(null!);

        await Assert.ThrowsAsync<IoRefusedException>(() => opening.Task);
    }

    [Fact]
    public async Task Opening_and_closing_a_client_leaves_no_dead_letter()
    {
        await using var running = new RunningService();
        var letters = running.System.ActorOf(Props.Create(() => new Letters()));
        running.System.EventStream.Subscribe(letters, typeof(DeadLetter));

        await (await running.Service.OpenAsync(1).InTime()).DisposeAsync().InTime();

        Assert.Empty(await letters.Ask<string[]>("which?", Patience.Limit));
    }

    private sealed class Letters : ReceiveActor
    {
        private readonly List<string> seen = [];

        public Letters()
        {
            Receive<DeadLetter>(letter => seen.Add(letter.Message.ToString()!));
            Receive<string>(_ => Sender.Tell(seen.ToArray(), Self));
        }
    }
}
