using Akka.Actor;
using Akka.Hosting;
using DmIo.Actors.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DmIo.Hosting.Tests;

/// <summary>A generic host with an actor system and the service.</summary>
internal sealed class TestHost : IAsyncDisposable
{
    private readonly IHost host;

    private TestHost(IHost host) => this.host = host;

    internal IServiceProvider Services => host.Services;

    internal DmIoService Service => DmIoService.For(host.Services.GetRequiredService<ActorSystem>());

    internal static async Task<TestHost> StartAsync(
        Action<AkkaConfigurationBuilder> akka, Action<IServiceCollection>? services = null)
    {
        var built = Build(akka, services);
        try
        {
            await built.StartAsync();
        }
        catch
        {
            built.Dispose();
            throw;
        }

        return new TestHost(built);
    }

    internal static IHost Build(Action<AkkaConfigurationBuilder> akka, Action<IServiceCollection>? services = null)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        services?.Invoke(builder.Services);
        builder.Services.AddAkka("test", (configured, _) =>
        {
            configured.ConfigureLoggers(loggers => loggers.ClearLoggers());
            akka(configured);
        });
        return builder.Build();
    }

    internal static IConfiguration Configuration(params (string Key, string? Value)[] values) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection(values.Select(value => KeyValuePair.Create($"DmIo:{value.Key}", value.Value)))
            .Build().GetSection("DmIo");

    internal Task StopAsync() => host.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        host.Dispose();
    }
}
