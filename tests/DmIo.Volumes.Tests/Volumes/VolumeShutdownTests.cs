using Akka.Actor;
using Akka.Configuration;
using DmIo.Actors.Client;
using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Io;
using DmIo.Testing.Peers;
using DmIo.Volumes.Actors;
using DmIo.Volumes.Client;
using DmIo.Volumes.Dump;
using Xunit;

namespace DmIo.Volumes.Tests.Volumes;

/// <summary>The end of an actor system with open volumes.</summary>
public sealed class VolumeShutdownTests : IDisposable
{
    private static readonly VolumeOptions Options = new() { Name = "v", Legs = ["a", "b", "c"] };

    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task A_volume_that_nobody_disposed_of_is_clean_after_its_actor_system_has_terminated()
    {
        var system = await StartAsync();
        await DmIoService.For(system).CreateVolumeAsync(Options);
        var volume = await DmIoService.For(system).OpenVolumeAsync(Options);
        await WriteAsync(system, 7);

        await system.Terminate();

        await volume.DisposeAsync();
        Assert.True((await InspectAsync()).Record.IsClean);
    }

    [Fact]
    public async Task A_volume_is_clean_even_if_the_service_stops_in_an_early_phase()
    {
        var system = await StartAsync("dmio.shutdown-phase = before-actor-system-terminate");
        await DmIoService.For(system).CreateVolumeAsync(Options);
        await DmIoService.For(system).OpenVolumeAsync(Options);
        await WriteAsync(system, 7);

        await CoordinatedShutdown.Get(system).Run(CoordinatedShutdown.ClrExitReason.Instance);

        Assert.True((await InspectAsync()).Record.IsClean);
    }

    [Fact]
    public async Task A_volume_that_was_closed_is_not_listed_and_its_disposal_does_nothing()
    {
        var system = await StartAsync();
        var service = DmIoService.For(system);
        await service.CreateVolumeAsync(Options);
        var volume = await service.OpenVolumeAsync(Options);
        Assert.Equal(["v"], service.GetVolumes().Select(open => open.Name));

        await service.DetachAsync("v");
        await service.AttachAsync("v", new MemoryDevice(ByteSize.FromMiB(1)));
        await volume.DisposeAsync();

        for (var i = 0; i < 100 && service.GetVolumes().Count > 0; i++)
        {
            await Task.Delay(20);
        }

        Assert.Empty(service.GetVolumes());
        Assert.Contains("v", (await service.GetDevicesAsync()).Select(device => device.Name));
        await system.Terminate();
    }

    [Fact]
    public async Task A_volume_that_cannot_be_closed_delays_the_end_only_until_the_shutdown_timeout()
    {
        var system = await StartAsync("dmio.shutdown-timeout = 1s");
        var service = DmIoService.For(system);
        await service.CreateVolumeAsync(Options);
        var volume = await service.OpenVolumeAsync(Options);
        await service.DetachAsync("a");
        await service.DetachAsync("b");
        var waiting = WriteAsync(system, 7);
        while ((await volume.GetStatusAsync()).State == VolumeState.Healthy)
        {
            await Task.Delay(20);
        }

        await system.Terminate().WaitAsync(TimeSpan.FromSeconds(20));

        await Assert.ThrowsAnyAsync<Exception>(() => waiting);
        Assert.False((await InspectAsync()).Record.IsClean);
    }

    private static async Task WriteAsync(ActorSystem system, byte value)
    {
        await using var client = await DmIoService.For(system).OpenAsync(8);
        var data = new byte[4096];
        Array.Fill(data, value);
        (await client.WriteAsync(new IoRegion("v", 100, 8), data)).ThrowIfFailed();
    }

    private async Task<ActorSystem> StartAsync(string config = "")
    {
        var system = ActorSystem.Create("shutdown", ConfigurationFactory.ParseString(config));
        foreach (var name in Options.Legs.Select(leg => leg.Data))
        {
            await DmIoService.For(system).AttachAsync(name, FileDevice.Open(new FileDeviceOptions
            {
                Path = directory.FilePath(name),
                CreateSize = ByteSize.FromMiB(16),
            }));
        }

        return system;
    }

    private async Task<ClosedVolume> InspectAsync()
    {
        var system = await StartAsync();
        await using var client = await DmIoService.For(system).OpenAsync(8);
        var attached = await AttachedDevices.OfAsync(DmIoService.For(system));
        var found = new List<LegInspection>();
        foreach (var name in Options.Legs)
        {
            found.Add(await LegInspection.ReadAsync(client, name, attached));
        }

        await client.DisposeAsync();
        await system.Terminate();
        return ClosedVolume.Of(found);
    }
}
