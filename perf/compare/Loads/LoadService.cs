using Akka.Actor;
using Akka.Configuration;
using DmIo.Actors.Client;
using DmIo.Cli.Bench;
using DmIo.Io;

namespace DmIo.Compare;

/// <summary>An actor system with the service, for loads that <c>dmio bench</c> does not support.</summary>
internal sealed class LoadService : IAsyncDisposable
{
    private const string Defaults = """
        akka.loglevel = WARNING
        akka.coordinated-shutdown.run-by-clr-shutdown-hook = off
        """;

    private LoadService(Config config)
    {
        System = ActorSystem.Create("compare", config.WithFallback(ConfigurationFactory.ParseString(Defaults)));
        Service = DmIoService.For(System);
    }

    internal ActorSystem System { get; }

    internal DmIoService Service { get; }

    internal static LoadService Start(string hocon) => new(ConfigurationFactory.ParseString(hocon));

    /// <summary>A region that covers each device.</summary>
    internal async Task<IoRegion[]> RegionsAsync(params string[] devices)
    {
        var attached = await Service.GetDevicesAsync();
        return
        [
            .. devices.Select(name => new IoRegion(
                name, 0, attached.Single(device => device.Name == name).Description.Capacity.Sectors)),
        ];
    }

    /// <summary>A lease with a driver that keeps it busy by messages.</summary>
    internal Task<IBenchJob> OpenAsync(BenchWorkload workload) =>
        TellJob.OpenAsync(System, Service, workload, new BenchPattern(workload, lease: 0, leases: 1));

    public async ValueTask DisposeAsync() => await System.Terminate();
}
