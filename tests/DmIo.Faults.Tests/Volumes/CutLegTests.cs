using Akka.Actor;
using Akka.Configuration;
using DmIo.Actors.Client;
using DmIo.Devices.Files;
using DmIo.Faults.Tests.Bench;
using DmIo.Io;
using DmIo.Volumes;
using DmIo.Volumes.Client;
using DmIo.Volumes.Record;
using Xunit;

namespace DmIo.Faults.Tests.Volumes;

/// <summary>The file of a leg is truncated, while the volume is open or closed: no read returns zeroes in place of
/// data, and when the file has its size again, the leg gets a copy of everything.</summary>
public sealed class CutLegTests : IAsyncLifetime
{
    private const long LegBytes = 32 << 20;
    private const int DataBytes = 24 << 20;

    private readonly ActorSystem system = ActorSystem.Create("cut", ConfigurationFactory.ParseString(
        "akka.loglevel = OFF\nakka.stdout-loglevel = OFF\nakka.log-dead-letters = off\ndmio.pool.check = on"));

    private readonly DiskFile[] files = [DiskFile.OnDisk(LegBytes), DiskFile.OnDisk(LegBytes)];

    private readonly byte[] data = new byte[DataBytes];

    private readonly VolumeOptions options = new() { Name = "volume", Legs = ["cut", "whole"] };

    private DmIoService Service => DmIoService.For(system);

    public async Task InitializeAsync()
    {
        new Random(1).NextBytes(data);
        await Service.AttachAsync("cut", FileDevice.Open(new FileDeviceOptions { Path = files[0].Path })).InTime();
        await Service.AttachAsync("whole", FileDevice.Open(new FileDeviceOptions { Path = files[1].Path })).InTime();
        await Service.CreateVolumeAsync(options).InTime();
    }

    public async Task DisposeAsync()
    {
        await system.Terminate().InTime();
        Array.ForEach(files, file => file.Dispose());
    }

    [Theory]
    [InlineData(LegBytes / 2)]
    [InlineData(0)]
    public async Task R13_a_leg_that_was_cut_serves_nothing_until_all_of_it_is_copied(long lengthBytes)
    {
        await FillAsync();

        // All marks of writes are gone: nothing but the truncation says that the leg lacks data.
        await using var volume = await Service.OpenVolumeAsync(options).InTime();
        files[0].SetLength(lengthBytes);
        data.AsSpan(0, Sector.SizeBytes).Fill(7);
        await WriteAsync(0, data[..Sector.SizeBytes]);
        await UntilAsync(volume, LegState.Absent);
        Assert.Equal(data, await ReadAsync());

        files[0].SetLength(LegBytes);
        await AssertCopiedAsync(volume);
    }

    [Fact]
    public async Task R13_a_leg_that_was_cut_while_no_service_ran_gets_everything_also_if_its_size_is_restored()
    {
        await FillAsync();

        await ReattachAsync(LegBytes / 2);
        await using (var cut = await Service.OpenVolumeAsync(options).InTime())
        {
            // Nothing is read or written that the leg lacks.
            Assert.Equal(LegState.Absent, (await cut.GetStatusAsync().InTime()).Legs[0].State);
        }

        await ReattachAsync(LegBytes);
        await using var volume = await Service.OpenVolumeAsync(options).InTime();
        await AssertCopiedAsync(volume);
    }

    [Fact]
    public async Task R13_a_leg_that_is_attached_smaller_while_the_volume_is_open_gets_everything()
    {
        await FillAsync();

        await using var volume = await Service.OpenVolumeAsync(options).InTime();
        await ReattachAsync(LegBytes / 2);
        await UntilAsync(volume, LegState.Absent);
        Assert.Contains(
            "became smaller", (await volume.GetStatusAsync().InTime()).Legs[0].Cause, StringComparison.Ordinal);
        await ReattachAsync(LegBytes);
        await AssertCopiedAsync(volume);
    }

    [Fact]
    public async Task R13_legs_that_are_all_cut_at_once_keep_what_they_have()
    {
        await using (await Service.OpenVolumeAsync(options).InTime())
        {
            await WriteAsync(0, data);
            Array.ForEach(files, file => file.SetLength(LegBytes / 2));
            await using var client = await Service.OpenAsync(pages: 8).InTime();
            Assert.False((await client.WriteAsync(new IoRegion("volume", 0, 8), data.AsMemory(0, 4096)).InTime()).IsOk);
            Array.ForEach(files, file => file.SetLength(LegBytes));
        }

        await using var volume = await Service.OpenVolumeAsync(options).InTime();
        Assert.Equal(data[..Sector.SizeBytes], (await ReadAsync())[..Sector.SizeBytes]);
    }

    private async Task FillAsync()
    {
        await using var filled = await Service.OpenVolumeAsync(options).InTime();
        await WriteAsync(0, data);
    }

    private async Task AssertCopiedAsync(Volume volume)
    {
        await UntilAsync(volume, LegState.InSync);
        Assert.Empty((await volume.VerifyAsync().InTime()).Differences);
        Assert.Equal(data, await ReadAsync());
    }

    private async Task ReattachAsync(long lengthBytes)
    {
        await Service.DetachAsync("cut").InTime();
        files[0].SetLength(lengthBytes);
        await Service.AttachAsync("cut", FileDevice.Open(new FileDeviceOptions { Path = files[0].Path })).InTime();
    }

    private static async Task UntilAsync(Volume volume, LegState state)
    {
        using var limit = new CancellationTokenSource(Patience.Limit);
        while ((await volume.GetStatusAsync().InTime()).Legs[0].State != state)
        {
            Assert.False(limit.IsCancellationRequested, $"{await volume.GetStatusAsync()}");
            await Task.Delay(TimeSpan.FromMilliseconds(10));
        }
    }

    private async Task WriteAsync(Sector start, byte[] written)
    {
        await using var client = await Service.OpenAsync(pages: 8192).InTime();
        (await client.WriteAsync(new IoRegion("volume", start, written.Length / Sector.SizeBytes), written).InTime())
            .ThrowIfFailed();
    }

    private async Task<byte[]> ReadAsync()
    {
        var read = new byte[DataBytes];
        await using var client = await Service.OpenAsync(pages: 8192).InTime();
        (await client.ReadAsync(new IoRegion("volume", 0, DataBytes / Sector.SizeBytes), read).InTime())
            .ThrowIfFailed();
        return read;
    }
}
