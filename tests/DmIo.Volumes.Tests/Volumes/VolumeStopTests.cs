using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Volumes.Client;
using DmIo.Volumes.Dump;
using Xunit;

namespace DmIo.Volumes.Tests.Volumes;

/// <summary>Volumes that an operator stops and starts.</summary>
public sealed class VolumeStopTests : VolumeServiceTests
{
    private static readonly VolumeOptions Options = new() { Name = "v", Legs = ["a", "b", "c"] };

    private readonly FaultyDevice[] legs =
        [.. Enumerable.Range(0, 3).Select(leg => new FaultyDevice(new MemoryDevice(ByteSize.FromMiB(16)), leg))];

    public override async Task InitializeAsync()
    {
        foreach (var (name, device) in Options.Legs.Select(leg => leg.Data).Zip(legs))
        {
            await Service.AttachAsync(name, device);
        }

        await Service.CreateVolumeAsync(Options);
    }

    [Fact]
    public async Task A_stopped_volume_is_opened_only_after_a_start_and_keeps_its_data()
    {
        await using (await Service.OpenVolumeAsync(Options))
        {
            await WriteAsync(7);
        }

        await Service.StopVolumeAsync(Options);
        var refused = await Assert.ThrowsAsync<VolumeException>(() => Service.OpenVolumeAsync(Options));
        Assert.True(refused.IsStopped);
        Assert.Contains("'v' was stopped", refused.Message);
        Assert.True((await InspectAsync()).Record is { IsStopped: true, IsClean: true });

        await Service.StartVolumeAsync(Options);
        Assert.True((await InspectAsync()).Record is { IsStopped: false, IsClean: true });
        await using var volume = await Service.OpenVolumeAsync(Options);
        Assert.Equal(7, await ReadAsync());
    }

    [Fact]
    public async Task An_open_volume_is_stopped_and_detached()
    {
        var volume = await Service.OpenVolumeAsync(Options);
        await WriteAsync(7);
        await volume.StopAsync();

        Assert.True((await InspectAsync()).Record is { IsStopped: true, IsClean: true });
        Assert.DoesNotContain("v", (await Service.GetDevicesAsync()).Select(device => device.Name));
    }

    [Fact]
    public async Task A_volume_may_be_stopped_twice_and_started_twice()
    {
        await Service.StopVolumeAsync(Options);
        await Service.StopVolumeAsync(Options);
        Assert.True((await InspectAsync()).Record.IsStopped);

        await Service.StartVolumeAsync(Options);
        await Service.StartVolumeAsync(Options);
        Assert.False((await InspectAsync()).Record.IsStopped);
    }

    [Fact]
    public async Task A_leg_that_missed_the_stop_does_not_reopen_the_volume()
    {
        await Service.DetachAsync("c");
        await Service.StopVolumeAsync(Options with { Legs = ["a", "b"] });

        var refused = await Assert.ThrowsAsync<VolumeException>(() =>
            Service.OpenVolumeAsync(Options with { Legs = ["b", "a"] }));

        Assert.True(refused.IsStopped);
    }

    [Fact]
    public async Task A_stop_that_a_quorum_does_not_store_is_an_error()
    {
        var volume = await Service.OpenVolumeAsync(Options);
        foreach (var leg in legs[1..])
        {
            leg.Add(new FaultRule { Code = IoStatusCode.DeviceGone });
        }

        var failed = await Assert.ThrowsAsync<VolumeException>(volume.StopAsync);

        Assert.Contains("closed and not stopped", failed.Message);
        Array.ForEach(legs, leg => leg.Heal());
        await Service.StartVolumeAsync(Options);
        await using var again = await Service.OpenVolumeAsync(Options);
    }

    private async Task<ClosedVolume> InspectAsync()
    {
        await using var client = await Service.OpenAsync(8);
        var found = new List<LegInspection>();
        foreach (var device in await Service.GetDevicesAsync())
        {
            found.Add(await LegInspection.ReadAsync(client, device.Name, await AttachedAsync()));
        }

        return ClosedVolume.Of(found);
    }
}
