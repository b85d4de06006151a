using DmIo.Actors.Protocol;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using Xunit;

namespace DmIo.Actors.Tests.Client;

/// <summary>Queries for the extents of devices, through the service.</summary>
public sealed class ExtentTests
{
    [Fact]
    public async Task A_device_reports_which_sectors_are_holes()
    {
        await using var running = new RunningService();
        await running.Service.AttachAsync("a", new MemoryDevice(ByteSize.FromMiB(3))).InTime();
        using var client = await running.Service.OpenAsync(1).InTime();
        await client.WriteAsync(new IoRegion("a", 2048, 1), new byte[512]).InTime();

        var extents = await running.Service.GetExtentsAsync("a", 0, 3 * 2048).InTime();

        Assert.Equal(
            [new(2048, ExtentKind.Hole), new(2048, ExtentKind.Data), new DeviceExtent(2048, ExtentKind.Hole)], extents);
    }

    [Fact]
    public async Task A_device_with_stuck_io_still_reports_extents()
    {
        await using var running = new RunningService();
        var stuck = await running.AttachStuckAsync("a");
        using var client = await running.Service.OpenAsync(1).InTime();
        var write = client.WriteAsync(new IoRegion("a", 0, 1), new byte[512]);
        await stuck.WhenHungAsync(1).InTime();

        Assert.Equal([new(8, ExtentKind.Hole)], await running.Service.GetExtentsAsync("a", 0, 8).InTime());

        stuck.Release();
        await write.InTime();
    }

    [Theory]
    [InlineData("b", 0, 1, 1, "No device named 'b'")]
    [InlineData("a", 2048, 1, 1, "has 2048 sectors")]
    [InlineData("a", 0, 2049, 1, "has 2048 sectors")]
    [InlineData("a", -1, 1, 1, "at sector -1")]
    [InlineData("a", 0, 0, 1, "range of 0 sectors")]
    [InlineData("a", 0, 1, 0, "request 1 to 65536")]
    [InlineData("a", long.MaxValue, long.MaxValue, 1, "has 2048 sectors")]
    public async Task An_invalid_query_is_refused(
        string device, long start, long count, int max, string reason)
    {
        await using var running = await new RunningService().WithMemoryAsync("a");

        var refused = await Assert.ThrowsAsync<IoRefusedException>(
            () => running.Service.GetExtentsAsync(device, start, count, max).InTime());

        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_query_fails_without_harm_to_a_device_that_throws_or_returns_invalid_extents(bool isNonsense)
    {
        await using var running = new RunningService();
        await running.Service.AttachAsync("a", new SilentFaultDevice(isNonsense)).InTime();

        await Assert.ThrowsAsync<IoRefusedException>(() => running.Service.GetExtentsAsync("a", 0, 8).InTime());

        using var client = await running.Service.OpenAsync(1).InTime();
        Assert.True((await client.WriteAsync(new IoRegion("a", 0, 1), new byte[512]).InTime()).IsOk);
    }

    private sealed class SilentFaultDevice(bool isNonsense) : DeviceDecorator(new MemoryDevice(ByteSize.FromMiB(1)))
    {
        public override IReadOnlyList<DeviceExtent> GetExtents(Sector start, SectorCount count, int max) => isNonsense
            ? [new DeviceExtent(count.Value + 1, ExtentKind.Hole)]
            : throw new InvalidOperationException("The device reports no extents.");
    }
}
