using Akka.Actor;
using Akka.Hosting;
using DmIo.Actors.Client;
using DmIo.Actors.Protocol;
using DmIo.Io;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Hosting.Tests;

/// <summary>The services that an application gets by dependency injection.</summary>
public sealed class InjectionTests
{
    [Fact]
    public async Task The_service_is_that_of_the_actor_system()
    {
        await using var host = await StartAsync(services => services.AddDmIo());

        Assert.Same(host.Service, host.Services.GetRequiredService<DmIoService>());
    }

    [Fact]
    public async Task A_client_has_the_lease_of_its_name()
    {
        await using var host = await StartAsync(services => services
            .AddDmIoClient("journal", pages: 3)
            .AddDmIoClient("scratch", pages: 5));

        Assert.Equal(3, host.Services.GetRequiredKeyedService<IoClient>("journal").Lease.Count);
        Assert.Equal(5, host.Services.GetRequiredKeyedService<IoClient>("scratch").Lease.Count);
        Assert.Equal(8, (await host.Service.GetPoolStatusAsync()).Leased);
    }

    [Fact]
    public void Two_clients_of_one_name_are_refused()
    {
        var services = new ServiceCollection().AddDmIoClient("journal", pages: 1);

        var error = Assert.Throws<ArgumentException>(() => services.AddDmIoClient("journal", pages: 2));

        Assert.Contains("'journal'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hosted_service_gets_its_client_in_its_constructor()
    {
        await using var host = await StartAsync(services => services
            .AddDmIoClient("journal", pages: 1)
            .AddHostedService<Writer>());

        var writer = host.Services.GetServices<IHostedService>().OfType<Writer>().Single();
        Assert.Equal(8, (await writer.Written).RegionCount);
    }

    [Fact]
    public async Task A_lease_that_the_pool_cannot_grant_fails_the_start()
    {
        var error = await Assert.ThrowsAsync<IoRefusedException>(
            () => StartAsync(services => services.AddDmIoClient("journal", pages: 101)));

        Assert.Contains("101", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Leases_are_put_and_clients_are_closed_when_the_host_has_stopped()
    {
        var host = await StartAsync(services => services.AddDmIoClient("journal", pages: 1));
        var client = host.Services.GetRequiredKeyedService<IoClient>("journal");

        await host.DisposeAsync();

        Assert.Throws<ObjectDisposedException>(
            () => { _ = client.ReadAsync(new IoRegion("disk", 0, 1), new byte[512]); });
    }

    [Fact]
    public async Task Actors_get_the_supervisor_by_its_key()
    {
        await using var host = await StartAsync(services => services.AddSingleton<Asker>());

        Assert.Equal("disk", Assert.Single(await host.Services.GetRequiredService<Asker>().AskAsync()).Name);
    }

    [Fact]
    public async Task Actors_started_later_find_the_service_running()
    {
        var isFound = false;
        await using var host = await TestHost.StartAsync(
            akka => akka
                .WithDmIo(dmio => dmio.AddMemory("disk", ByteSize.FromKiB(4)))
                .WithActors((_, registry) => isFound = registry.TryGet<DmIoSupervisor>(out var _)));

        Assert.True(isFound);
    }

    private static Task<TestHost> StartAsync(Action<IServiceCollection> services) => TestHost.StartAsync(
        akka => akka.WithDmIo(dmio =>
        {
            dmio.MaxPages = 100;
            dmio.AddMemory("disk", ByteSize.FromMiB(1));
        }),
        services);

    private sealed class Writer([FromKeyedServices("journal")] IoClient journal) : IHostedService
    {
        internal Task<IoResult> Written { get; private set; } = Task.FromResult(new IoResult(0));

        public async Task StartAsync(CancellationToken cancellationToken)
        {
            var regions = Enumerable.Range(0, 8).Select(index => new IoRegion("disk", index * 8, 8)).ToArray();
            Written = journal.WriteAsync(regions, new byte[4096], cancellationToken: cancellationToken);
            (await Written).ThrowIfFailed();
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class Asker(IRequiredActor<DmIoSupervisor> supervisor)
    {
        internal async Task<IReadOnlyList<DeviceStatus>> AskAsync() =>
            (await supervisor.ActorRef.Ask<DeviceList>(GetDevices.Instance)).Devices;
    }
}
