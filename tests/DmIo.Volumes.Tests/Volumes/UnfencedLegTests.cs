using Akka.Actor;
using DmIo.Actors.Client;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Testing.Devices;
using DmIo.Volumes.Client;
using DmIo.Volumes.Record;
using Xunit;

namespace DmIo.Volumes.Tests.Volumes;

/// <summary>Legs whose server may execute a write after it has failed.</summary>
public sealed class UnfencedLegTests : VolumeServiceTests
{
    private static readonly IoStatus Lost = IoStatus.Failed(IoStatusCode.TimedOut, "The server does not answer.");

    private readonly MemoryDevice store = new(ByteSize.FromMiB(16));
    private readonly VolumeOptions options = new()
    {
        Name = "v",
        Legs = ["a", "b", "c"],
        AllowUnfenced = true,
        LegTimeout = TimeSpan.FromSeconds(1),
    };

    [Theory]
    [InlineData(100)]
    [InlineData(0)]
    public async Task A_leg_whose_write_was_lost_returns_when_its_server_cannot_execute_it_any_more(int sector)
    {
        var leg = await AttachUnfencedAsync();
        await using var volume = await Service.OpenVolumeAsync(options);
        await LoseAsync(leg, volume, sector);

        await Task.Delay(2500);
        Assert.Equal(LegState.Absent, (await volume.GetStatusAsync()).Legs[0].State);
        leg.Release();

        await UntilAsync(volume, VolumeState.Healthy);
    }

    [Fact]
    public async Task A_leg_whose_write_was_lost_for_ever_does_not_return()
    {
        var leg = await AttachUnfencedAsync();
        await using var volume = await Service.OpenVolumeAsync(options);
        await LoseAsync(leg, volume, 100);

        leg.Forget();
        await Task.Delay(2500);

        Assert.Equal(LegState.Absent, (await volume.GetStatusAsync()).Legs[0].State);
        await WriteAsync(200, 3);
    }

    [Fact]
    public async Task After_a_crash_a_leg_is_used_when_an_operator_says_that_its_server_was_started_again()
    {
        await AttachUnfencedAsync();
        await using var volume = await Service.OpenVolumeAsync(options);
        await WriteAsync(100, 1);
        var system = ActorSystem.Create("after");
        try
        {
            var service = DmIoService.For(system);
            await service.AttachAsync("a", new HoldingDevice(store));
            var alone = options with { Legs = ["a"], OpenTimeout = TimeSpan.FromSeconds(1) };

            var refused = await Assert.ThrowsAsync<VolumeException>(() => service.OpenVolumeAsync(alone));

            Assert.Contains("its server may still hold writes of an earlier process", refused.Message);
            refused = await Assert.ThrowsAsync<VolumeException>(
                () => service.OpenVolumeAsync(alone with { AreServersDrained = true }));
            Assert.DoesNotContain("server", refused.Message);
        }
        finally
        {
            await system.Terminate();
        }
    }

    [Fact]
    public async Task A_volume_that_was_closed_opens_with_its_unfenced_legs()
    {
        await AttachUnfencedAsync();
        await using (await Service.OpenVolumeAsync(options))
        {
            await WriteAsync(100, 1);
        }

        await using var volume = await Service.OpenVolumeAsync(options);
        await UntilAsync(volume, VolumeState.Healthy);
    }

    /// <summary>The next write of the sector on the leg is lost: of data, or of the superblock.</summary>
    private async Task LoseAsync(HoldingDevice leg, Volume volume, int sector)
    {
        await WriteAsync(100, 1);
        leg.HoldNext(Lost, OperationFilter.On(IoOperation.Write) with
        {
            Start = sector,
            Count = sector == 0 ? 8 : SectorCount.MaxValue,
        });
        if (sector == 0)
        {
            // A change of the voters writes every superblock.
            await AttachAsync("w");
            await volume.AddWitnessAsync("w");
        }

        // The pages of a client are held as long as the write may be executed.
        using var client = await Service.OpenAsync(8);
        Assert.True((await client.WriteAsync(new IoRegion("v", 100, 8), new byte[4096])).IsOk);
        await UntilAsync(volume, VolumeState.Degraded);
    }

    private async Task<HoldingDevice> AttachUnfencedAsync()
    {
        var leg = new HoldingDevice(store);
        await Service.AttachAsync("a", leg);
        await AttachAsync("b", "c");
        await Service.CreateVolumeAsync(options);
        return leg;
    }
}
