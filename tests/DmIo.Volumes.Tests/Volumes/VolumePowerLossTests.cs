using System.Diagnostics;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Volumes.Client;
using Xunit;

namespace DmIo.Volumes.Tests.Volumes;

/// <summary>Openings after a power failure of the whole volume: it was not closed cleanly, legs in memory are never
/// continuous, and one leg is missing.</summary>
public sealed class VolumePowerLossTests : VolumeServiceTests
{
    private static readonly VolumeOptions Options = new()
    {
        Name = "v",
        Legs = ["a", "b", "c"],
        OpenTimeout = TimeSpan.FromSeconds(30),
        PowerLossTimeout = TimeSpan.FromSeconds(4),
    };

    [Fact]
    public async Task VM10_An_opening_serves_without_a_leg_after_the_timeout_and_not_before_it()
    {
        await FailAsync();
        var clock = Stopwatch.StartNew();
        await using var volume = await Service.OpenVolumeAsync(Options with { AfterPowerLoss = PowerLossAction.Serve });
        Assert.InRange(clock.Elapsed, Options.PowerLossTimeout, Options.OpenTimeout);
        Assert.Equal(7, await ReadAsync());
    }

    [Fact]
    public async Task VM10_By_default_an_opening_does_not_serve_without_a_leg()
    {
        await FailAsync();
        var second = TimeSpan.FromSeconds(1);
        var opening = Options with { PowerLossTimeout = second, OpenTimeout = 6 * second };
        var fault = await Assert.ThrowsAsync<VolumeException>(() => Service.OpenVolumeAsync(opening));
        Assert.Contains("NoInSyncLeg", fault.Message, StringComparison.Ordinal);
    }

    private async Task FailAsync()
    {
        var legs = new List<FaultyDevice>();
        foreach (var name in Options.Legs)
        {
            legs.Add(new FaultyDevice(new MemoryDevice(ByteSize.FromMiB(16)), seed: 1));
            await Service.AttachAsync(name.Data, legs[^1]);
        }

        await Service.CreateVolumeAsync(Options);
        await using (await Service.OpenVolumeAsync(Options))
        {
            await WriteAsync(7);
            legs.ForEach(leg => leg.Add(new FaultRule { Filter = OperationFilter.On(IoOperation.Write) }));
        }

        legs.ForEach(leg => leg.Heal());
        await Service.DetachAsync("c");
    }
}
