using Akka.Actor;
using DmIo.Actors.Protocol;
using DmIo.Io;
using Xunit;

namespace DmIo.Actors.Tests.Client;

public sealed class DisposalTests
{
    private static readonly byte[] Page = new byte[4096];

    [Fact]
    public async Task R18_a_client_disposed_with_io_in_flight_keeps_its_pages_until_the_device_releases_them()
    {
        await using var running = new RunningService("dmio.pool.slab-pages = 8");
        var stuck = await running.AttachStuckAsync("a");
        var client = await running.Service.OpenAsync(5).InTime();
        var write = client.WriteAsync(new IoRegion("a", 0, 8), Page);
        await stuck.WhenHungAsync(1).InTime();

        var disposing = client.DisposeAsync().AsTask();

        var draining = await running.PoolWhenAsync(status => status.Leased == 0);
        Assert.Equal((8, 3, 0, 5), (draining.Total, draining.Free, draining.Leased, draining.Draining));
        Assert.False(write.IsCompleted);
        stuck.Release();
        Assert.True((await write.InTime()).IsOk);
        await disposing.InTime();
        var closed = await running.Service.GetPoolStatusAsync().InTime();
        Assert.Equal((8, 8, 0, 0), (closed.Total, closed.Free, closed.Leased, closed.Draining));
    }

    [Fact]
    public async Task R18_requests_that_waited_for_credit_still_run_after_the_client_is_disposed()
    {
        await using var running = await new RunningService().WithMemoryAsync("b");
        var stuck = await running.AttachStuckAsync("a");
        var client = await running.Service.OpenAsync(1).InTime();
        var inFlight = client.WriteAsync(new IoRegion("a", 0, 8), Page);
        var waiting = client.WriteAsync(new IoRegion("b", 0, 8), Page);

        client.Dispose();
        stuck.Release();

        Assert.True((await inFlight.InTime()).IsOk);
        Assert.True((await waiting.InTime()).IsOk);
    }

    [Fact]
    public async Task R18_the_pages_of_a_disposed_client_go_to_a_waiting_get()
    {
        await using var running = new RunningService("dmio.pool.max-pages = 4");
        var first = await running.Service.OpenAsync(3).InTime();
        var waiting = running.Service.OpenAsync(4, wait: true);

        first.Dispose();

        using var second = await waiting.InTime();
        Assert.Equal(4, second.Lease.Count);
    }

    [Fact]
    public async Task R18_a_client_whose_request_actor_died_is_disposed_when_the_device_releases_its_pages()
    {
        await using var running = new RunningService();
        var stuck = await running.AttachStuckAsync("a");
        var client = await running.Service.OpenAsync(3).InTime();
        var write = client.WriteAsync(new IoRegion("a", 0, 8), Page);
        await stuck.WhenHungAsync(1).InTime();
        running.System.Stop(client.Requests);
        Assert.True((await write.InTime()).BufferHeld);

        var disposing = client.DisposeAsync().AsTask();

        await running.PoolWhenAsync(status => status.Draining == 3);
        await (await running.Service.OpenAsync(1).InTime()).DisposeAsync().InTime();
        Assert.False(disposing.IsCompleted);
        stuck.Release();
        await disposing.InTime();
        Assert.Equal(0, (await running.Service.GetPoolStatusAsync().InTime()).Draining);
    }

    [Fact]
    public async Task R24_a_client_disposed_while_the_service_drains_gets_the_outcome_of_its_request()
    {
        await using var running = new RunningService();
        var stuck = await running.AttachStuckAsync("a");
        var client = await running.Service.OpenAsync(3).InTime();
        var write = client.WriteAsync(new IoRegion("a", 0, 8), Page);
        await stuck.WhenHungAsync(1).InTime();
        running.Service.Supervisor.Tell(DrainProtocol.DrainService.Instance, ActorRefs.NoSender);
        await running.PoolWhenAsync(status => status.Draining == 3);

        var disposing = client.DisposeAsync().AsTask();

        await running.PoolWhenAsync(status => status.Draining == 3);
        Assert.False(disposing.IsCompleted);
        stuck.Release();
        Assert.True((await write.InTime()).IsOk);
        await disposing.InTime();
    }

    [Fact]
    public async Task R16_a_get_of_more_pages_than_available_is_refused_with_the_available_number()
    {
        await using var running = new RunningService("dmio.pool.max-pages = 4");
        using var first = await running.Service.OpenAsync(3).InTime();

        var error = await Assert.ThrowsAsync<IoRefusedException>(() => running.Service.OpenAsync(2).InTime());

        Assert.Contains("1", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, (await running.Service.GetPoolStatusAsync().InTime()).Leases);
    }
}
