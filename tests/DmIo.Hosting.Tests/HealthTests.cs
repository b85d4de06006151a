using Akka.Actor;
using Akka.Hosting;
using DmIo.Actors.Client;
using DmIo.Actors.Configuration;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Xunit;

namespace DmIo.Hosting.Tests;

/// <summary>Health checks of a running service.</summary>
public sealed class HealthTests
{
    [Fact]
    public async Task A_service_whose_devices_serve_is_healthy()
    {
        await using var host = await StartAsync();

        var report = await CheckAsync(host);

        Assert.Equal(HealthStatus.Healthy, report.Status);
        Assert.Equal(["akka", "dmio", "liveness"], report.Entries["dmio.liveness"].Tags.Order());
        Assert.Equal(["akka", "dmio", "readiness"], report.Entries["dmio.readiness"].Tags.Order());
        Assert.Equal("online, oldest operation 0.0 s", report.Entries["dmio.readiness"].Data["disk"]);
    }

    [Fact]
    public async Task A_service_that_has_stopped_is_neither_alive_nor_ready()
    {
        await using var host = await StartAsync();
        var system = host.Services.GetRequiredService<ActorSystem>();
        await host.Service.Supervisor.GracefulStop(TimeSpan.FromSeconds(30));

        var report = await CheckAsync(host);

        Assert.Equal(HealthStatus.Unhealthy, report.Entries["dmio.liveness"].Status);
        Assert.Equal(HealthStatus.Unhealthy, report.Entries["dmio.readiness"].Status);
        Assert.False(system.WhenTerminated.IsCompleted);
    }

    [Fact]
    public async Task A_check_does_not_start_the_service()
    {
        await using var host = await TestHost.StartAsync(
            akka => akka.WithDmIoLivenessCheck().WithDmIoReadinessCheck(),
            services => services.AddHealthChecks());

        var report = await CheckAsync(host);

        Assert.Equal(HealthStatus.Unhealthy, report.Status);
        Assert.Contains("WithDmIo", report.Entries["dmio.readiness"].Description, StringComparison.Ordinal);
        Assert.False(host.Services.GetRequiredService<ActorSystem>().HasExtension<DmIoService>());
    }

    [Fact]
    public async Task A_missing_device_degrades_readiness_and_is_named()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        await using var host = await StartAsync(
            dmio => dmio.AddFile("gone", path, file => file.OnMissing = MissingDevicePolicy.Skip));

        var readiness = (await CheckAsync(host)).Entries["dmio.readiness"];

        Assert.Equal((HealthStatus.Degraded, "'gone' is missing"), (readiness.Status, readiness.Description));
        Assert.StartsWith("missing: ", (string)readiness.Data["gone"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_device_that_the_application_attached_is_not_missing()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        await using var host = await StartAsync(
            dmio => dmio.AddFile("gone", path, file => file.OnMissing = MissingDevicePolicy.Skip));
        await host.Service.AttachAsync("gone", new MemoryDevice(ByteSize.FromSectors(8)));

        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(host)).Status);
    }

    [Fact]
    public async Task A_failed_device_makes_the_service_unhealthy()
    {
        await using var host = await StartAsync(extra: akka => akka.AddHocon(
            """
            dmio.devices.bad {
              backend = memory
              size = 4KiB
              faults = [
                {
                  operations = [flush]
                }
              ]
            }
            """,
            HoconAddMode.Append));
        using var client = await host.Service.OpenAsync(pages: 1);
        (await client.WriteAsync(new IoRegion("bad", 0, 1), new byte[512])).ThrowIfFailed();
        Assert.False((await client.FlushAsync("bad")).IsOk);

        var readiness = (await CheckAsync(host)).Entries["dmio.readiness"];

        Assert.Equal((HealthStatus.Unhealthy, "'bad' has failed"), (readiness.Status, readiness.Description));
    }

    [Theory]
    [InlineData("slow-after", HealthStatus.Degraded)]
    [InlineData("unhealthy-after", HealthStatus.Unhealthy)]
    public async Task An_operation_that_is_in_flight_for_too_long_is_reported(string setting, HealthStatus expected)
    {
        await using var host = await StartAsync(extra: akka => akka.AddHocon(
            $"dmio.devices.disk.{setting} = 0s", HoconAddMode.Prepend));
        var stuck = new HungDevice(new MemoryDevice(ByteSize.FromSectors(8)));
        await host.Service.DetachAsync("disk");
        await host.Service.AttachAsync("disk", stuck);
        using var client = await host.Service.OpenAsync(pages: 1);
        var write = client.WriteAsync(new IoRegion("disk", 0, 1), new byte[512]);
        await host.Service.GetStatisticsUntilAsync(statistics => statistics.Devices[0].OldestInFlightSeconds > 0);

        var readiness = (await CheckAsync(host)).Entries["dmio.readiness"];
        stuck.Release();

        Assert.Equal(expected, readiness.Status);
        Assert.StartsWith("'disk' has an operation in flight for", readiness.Description, StringComparison.Ordinal);
        (await write).ThrowIfFailed();
    }

    private static Task<TestHost> StartAsync(
        Action<DmIoOptions>? devices = null, Action<AkkaConfigurationBuilder>? extra = null) => TestHost.StartAsync(
        akka =>
        {
            akka.WithDmIo(dmio =>
            {
                dmio.AddMemory("disk", ByteSize.FromKiB(4));
                devices?.Invoke(dmio);
            }).WithDmIoLivenessCheck().WithDmIoReadinessCheck();
            extra?.Invoke(akka);
        },
        services => services.AddHealthChecks());

    private static Task<HealthReport> CheckAsync(TestHost host) =>
        host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
}
