using Akka.Actor;
using DmIo.Actors.Client;
using DmIo.Devices.Files;
using DmIo.Hosting.Health;
using DmIo.Io;
using DmIo.Volumes;
using DmIo.Volumes.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Xunit;

namespace DmIo.Hosting.Tests;

/// <summary>Replicated volumes of a host.</summary>
public sealed class VolumeTests : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("dmio-hosting-");

    public void Dispose() => directory.Delete(recursive: true);

    [Fact]
    public async Task A_volume_from_code_serves_when_the_host_has_started_and_is_clean_when_it_has_ended()
    {
        await CreateAsync();
        await using (var host = await TestHost.StartAsync(
            akka => akka.WithDmIo(Devices).WithVolume("disk", volume => volume.Legs("a", "b").Witness(PathOf("w"))),
            services => services.AddDmIoClient("journal", pages: 16)))
        {
            var client = host.Services.GetRequiredKeyedService<IoClient>("journal");
            (await client.WriteAsync(new IoRegion("disk", 0, 8), new byte[4096])).ThrowIfFailed();
            var volume = Assert.Single(host.Service.GetVolumes());
            Assert.Equal(VolumeState.Healthy, (await volume.GetStatusAsync()).State);
        }

        await using var again = await TestHost.StartAsync(akka => akka.WithDmIo(Devices));
        await using var reopened = await again.Service.OpenVolumeAsync(Options);
        Assert.Equal("0 B", $"{(await reopened.GetStatusAsync()).Unresolved.Bytes} B");
    }

    [Fact]
    public async Task A_volume_of_a_section_is_exported()
    {
        await CreateAsync();
        await using var host = await TestHost.StartAsync(akka => akka
            .WithDmIo(Devices)
            .WithDmIo(TestHost.Configuration(
                ("Volumes:disk:Legs:0", "a"), ("Volumes:disk:Legs:1", "b"), ("Volumes:disk:Witness", PathOf("w")),
                ("Volumes:disk:OpenTimeout", "20s")))
            .WithNbdServer("one", server => server.Listen("127.0.0.1:0").Export("disk", "disk")));

        var servers = host.Services.GetRequiredService<ActorSystem>();
        Assert.Equal(["disk"], host.Service.GetVolumes().Select(volume => volume.Name));
        Assert.NotNull(servers);
    }

    [Fact]
    public async Task A_volume_that_cannot_be_opened_fails_the_start_with_its_name()
    {
        var fault = await Assert.ThrowsAnyAsync<Exception>(() => TestHost.StartAsync(akka => akka
            .WithDmIo(Devices).WithVolume("disk", volume => volume.Legs("a", "b"))));
        var invalid = await Assert.ThrowsAnyAsync<Exception>(() => TestHost.StartAsync(akka => akka
            .WithDmIo(Devices).WithVolume("disk", volume => volume.Pages = 100)));

        Assert.Contains("dmio.volumes.disk can't be put into service", fault.ToString());
        Assert.Contains("dmio.volumes.disk.legs is missing", invalid.ToString());
    }

    [Fact]
    public async Task The_check_of_volumes_reports_the_state_of_each()
    {
        await CreateAsync();
        await using var host = await TestHost.StartAsync(
            akka => akka.WithDmIo(Devices)
                .WithVolume("disk", volume => volume.Legs("a", "b").Witness(PathOf("w"))).WithDmIoVolumesCheck(),
            services => services.AddHealthChecks());
        var healthy = await CheckAsync(host);
        await host.Service.DetachAsync("b");
        var client = await host.Service.OpenAsync(8);
        (await client.WriteAsync(new IoRegion("disk", 0, 8), new byte[4096])).ThrowIfFailed();
        var degraded = await CheckAsync(host);
        await client.DisposeAsync();
        await host.Service.GetVolumes()[0].DisposeAsync();
        var closed = await CheckAsync(host);

        Assert.Equal(HealthStatus.Healthy, healthy.Status);
        Assert.Contains("'disk' is Healthy", healthy.Data["disk"].ToString());
        Assert.Equal(HealthStatus.Degraded, degraded.Status);
        Assert.Contains("leg 1 'b' Absent", degraded.Description);
        Assert.Equal(HealthStatus.Unhealthy, closed.Status);
        Assert.Contains("'disk' is not open", closed.Description);
    }

    [Theory]
    [InlineData(VolumeState.Recovering, HealthStatus.Healthy)]
    [InlineData(VolumeState.Degraded, HealthStatus.Degraded)]
    [InlineData(VolumeState.Suspended, HealthStatus.Unhealthy)]
    [InlineData(VolumeState.Fenced, HealthStatus.Unhealthy)]
    public void The_health_follows_from_the_state(VolumeState state, HealthStatus health) =>
        Assert.Equal(health, DmIoVolumesCheck.HealthOf(state));

    private VolumeOptions Options => new() { Name = "disk", Legs = ["a", "b"], Witnesses = [PathOf("w")] };

    private static async Task<HealthReportEntry> CheckAsync(TestHost host)
    {
        var report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        return report.Entries["dmio.volumes"];
    }

    private void Devices(DmIoOptions options) => options
        .AddFile("a", PathOf("a"), device => device.CreateSize = ByteSize.FromMiB(16))
        .AddFile("b", PathOf("b"), device => device.CreateSize = ByteSize.FromMiB(16));

    private async Task CreateAsync()
    {
        await using var host = await TestHost.StartAsync(akka => akka.WithDmIo(Devices));
        await host.Service.AttachAsync(PathOf("w"), FileDevice.Open(new FileDeviceOptions
        {
            Path = PathOf("w"),
            CreateSize = ByteSize.FromKiB(16),
        }));
        await host.Service.CreateVolumeAsync(Options);
    }

    private string PathOf(string name) => Path.Combine(directory.FullName, name);
}
