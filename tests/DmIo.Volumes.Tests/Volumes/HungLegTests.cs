using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Volumes.Client;
using DmIo.Volumes.Record;
using Xunit;

namespace DmIo.Volumes.Tests.Volumes;

/// <summary>A leg that does not answer, with operations in flight on it.</summary>
public sealed class HungLegTests : VolumeServiceTests
{
    private readonly HungDevice hung = new(new MemoryDevice(ByteSize.FromMiB(16)));

    [Fact]
    public async Task A_write_in_flight_on_a_leg_that_hangs_succeeds_without_it()
    {
        await using var volume = await OpenAsync();
        await WriteAsync(100, 1);
        hung.Hang();
        await using var client = await Service.OpenAsync(1);
        var data = new byte[4096];

        var result = await client.WriteAsync(new IoRegion("v", 100, 8), data);

        Assert.True(result.IsOk);
        Assert.True(result.BufferHeld);
        Assert.Equal(VolumeState.Degraded, (await volume.GetStatusAsync()).State);
        Assert.True((await client.WriteAsync(new IoRegion("v", 200, 8), new byte[4096])).IsOk);
        Assert.Equal(0, await ReadAsync(100));
        hung.Release();
        await UntilAsync(volume, VolumeState.Healthy);
    }

    /// <summary>The read of a leg that fails late zeroes the memory.</summary>
    [Fact]
    public async Task A_read_in_flight_on_a_leg_that_hangs_never_returns_what_the_leg_writes_later()
    {
        await using var volume = await OpenAsync();
        await WriteAsync(100, 1);
        hung.Hang();
        await using var client = await Service.OpenAsync(8);
        var data = new byte[4096];

        var reading = client.ReadAsync(new IoRegion("v", 100, 8), data);
        await UntilAsync(volume, status => status.Legs[0].State == LegState.Absent);
        await Task.WhenAny(reading, Task.Delay(200));
        hung.ReleaseWith(IoStatus.DeviceError("late"));
        var result = await reading;

        Assert.Equal(IoStatusCode.TimedOut, result[0].Code);
        Assert.True(result.BufferHeld);
        Assert.Equal(1, await ReadAsync(100));
        await UntilAsync(volume, VolumeState.Healthy);
    }

    private async Task<Volume> OpenAsync()
    {
        hung.Release();
        await Service.AttachAsync("a", hung);
        await AttachAsync("b", "c");
        var options = new VolumeOptions
        {
            Name = "v",
            Legs = ["a", "b", "c"],
            LegTimeout = TimeSpan.FromMilliseconds(500),
        };
        await Service.CreateVolumeAsync(options);
        return await Service.OpenVolumeAsync(options);
    }
}
