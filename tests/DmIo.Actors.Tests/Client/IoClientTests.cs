using DmIo.Actors.Client;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using Xunit;

namespace DmIo.Actors.Tests.Client;

public sealed class IoClientTests
{
    private static readonly byte[] Data = [.. Enumerable.Range(0, 4096).Select(index => (byte)(index * 7))];

    private static readonly IoRegion[] ThreeRegions = [new("a", 0, 8), new("b", 100, 8), new("c", 2040, 4)];

    [Fact]
    public async Task A_write_reaches_every_region_and_can_be_read_back()
    {
        await using var running = await new RunningService().WithMemoryAsync("a", "b", "c");
        using var client = await running.Service.OpenAsync(4).InTime();

        var written = await client.WriteAsync(ThreeRegions, Data).InTime();

        Assert.True(written.IsOk);
        Assert.Equal(3, written.RegionCount);
        foreach (var region in ThreeRegions)
        {
            var read = new byte[region.Count.Bytes];
            Assert.True((await client.ReadAsync(region, read).InTime()).IsOk);
            Assert.Equal(Data[..read.Length], read);
        }
    }

    [Fact]
    public async Task The_pages_of_the_lease_are_usable_as_memory_of_requests()
    {
        await using var running = await new RunningService().WithMemoryAsync("a");
        using var client = await running.Service.OpenAsync(2).InTime();
        var page = client.Lease.Pages[1].Memory;
        Data.CopyTo(page);

        await client.WriteAsync(new IoRegion("a", 8, 8), page).InTime();
        page.Span.Clear();
        await client.ReadAsync(new IoRegion("a", 8, 8), page).InTime();

        Assert.Equal(2, client.Lease.Count);
        Assert.Equal(Data, page.ToArray());
    }

    [Fact]
    public async Task Zeroing_flags_reach_the_device()
    {
        await using var running = new RunningService();
        var device = new RecordingDevice(new MemoryDevice(ByteSize.FromMiB(1)));
        await running.Service.AttachAsync("a", device).InTime();
        using var client = await running.Service.OpenAsync(1).InTime();
        var options = new RequestOptions { Zeroing = WriteZeroesFlags.NoUnmap | WriteZeroesFlags.NoFallback };

        Assert.True((await client.WriteZeroesAsync(new IoRegion("a", 0, 4), options).InTime()).IsOk);

        Assert.Equal(options.Zeroing, Assert.Single(device.Calls).Zeroing);
        Assert.Empty(device.Violations);
    }

    [Fact]
    public async Task Zeroing_without_fallback_is_unsupported_if_it_is_not_fast()
    {
        await using var running = new RunningService();
        var slow = new LimitedDevice(
            new MemoryDevice(ByteSize.FromMiB(1)), description => description with { HasFastWriteZeroes = false });
        await running.Service.AttachAsync("a", slow).InTime();
        using var client = await running.Service.OpenAsync(1).InTime();

        var result = await client.WriteZeroesAsync(
            new IoRegion("a", 0, 4), new RequestOptions { Zeroing = WriteZeroesFlags.NoFallback }).InTime();

        Assert.Equal(IoStatusCode.Unsupported, result[0].Code);
    }

    [Fact]
    public async Task Zeroed_and_discarded_sectors_of_memory_read_as_zero()
    {
        await using var running = await new RunningService().WithMemoryAsync("a");
        using var client = await running.Service.OpenAsync(1).InTime();
        await client.WriteAsync(new IoRegion("a", 0, 8), Data).InTime();

        Assert.True((await client.WriteZeroesAsync(new IoRegion("a", 0, 4)).InTime()).IsOk);
        Assert.True((await client.DiscardAsync([new IoRegion("a", 4, 4)]).InTime()).IsOk);

        var read = new byte[4096];
        await client.ReadAsync(new IoRegion("a", 0, 8), read).InTime();
        Assert.All(read, value => Assert.Equal(0, value));
    }

    [Fact]
    public async Task A_flush_by_name_reaches_the_device()
    {
        await using var running = new RunningService();
        var device = new RecordingDevice(new LimitedDevice(
            new MemoryDevice(ByteSize.FromSectors(8)), description => description with { HasVolatileCache = true }));
        await running.Service.AttachAsync("a", device).InTime();
        using var client = await running.Service.OpenAsync(1).InTime();

        Assert.True((await client.FlushAsync("a").InTime()).IsOk);
        Assert.True((await client.FlushAsync([new IoRegion("a", 0, 0)]).InTime()).IsOk);

        Assert.Equal([IoOperation.Flush, IoOperation.Flush], device.Calls.Select(call => call.Operation));
    }

    [Fact]
    public async Task A_durable_write_reaches_the_device_with_FUA()
    {
        await using var running = new RunningService();
        var device = new RecordingDevice(new LimitedDevice(
            new MemoryDevice(ByteSize.FromSectors(8)),
            description => description with { HasForceUnitAccess = true, HasVolatileCache = true }));
        await running.Service.AttachAsync("a", device).InTime();
        using var client = await running.Service.OpenAsync(1).InTime();

        await client.WriteAsync(new IoRegion("a", 0, 1), Data, new RequestOptions { ForceUnitAccess = true }).InTime();

        Assert.True(Assert.Single(device.Calls).ForceUnitAccess);
    }

    [Fact]
    public async Task The_result_has_the_context_of_its_request()
    {
        await using var running = await new RunningService().WithMemoryAsync("a");
        using var client = await running.Service.OpenAsync(1).InTime();
        var context = new object();

        var result = await client.FlushAsync("a", new RequestOptions { Context = context }).InTime();

        Assert.Same(context, result.Context);
    }

    [Fact]
    public async Task The_result_shows_failures_by_region()
    {
        await using var running = await new RunningService().WithMemoryAsync("a", "c");
        using var client = await running.Service.OpenAsync(1).InTime();

        var result = await client.WriteAsync(
            [new("a", 0, 1), new("nobody", 0, 1), new("c", 2048, 1)], Data).InTime();

        Assert.Equal(new ErrorBits(0b110), result.Errors);
        Assert.Equal(IoStatusCode.DeviceGone, result[1].Code);
        Assert.Equal(IoStatusCode.OutOfRange, result[2].Code);
    }

    [Fact]
    public async Task A_deadline_ends_a_request_whose_device_is_stuck()
    {
        await using var running = new RunningService();
        var stuck = await running.AttachStuckAsync("a");
        using var client = await running.Service.OpenAsync(1).InTime();

        var result = await client.WriteAsync(
            new IoRegion("a", 0, 1), Data, new RequestOptions { Deadline = TimeSpan.FromMilliseconds(1) }).InTime();

        Assert.Equal(IoStatusCode.TimedOut, result[0].Code);
        stuck.Release();
    }

    [Fact]
    public async Task The_caller_may_change_its_list_of_regions_after_the_call()
    {
        await using var running = await new RunningService().WithMemoryAsync("b");
        var stuck = await running.AttachStuckAsync("a");
        using var client = await running.Service.OpenAsync(1).InTime();
        var first = client.WriteAsync(new IoRegion("a", 0, 8), Data);
        var regions = new List<IoRegion> { new("b", 0, 8) };

        var waiting = client.WriteAsync(regions, Data);
        regions[0] = new IoRegion("nobody", 0, 8);
        stuck.Release();

        Assert.True((await first.InTime()).IsOk);
        Assert.True((await waiting.InTime()).IsOk);
    }

    [Fact]
    public async Task A_disposed_client_accepts_no_request()
    {
        await using var running = await new RunningService().WithMemoryAsync("a");
        var client = await running.Service.OpenAsync(1).InTime();
        await client.DisposeAsync().InTime();

        Assert.Throws<ObjectDisposedException>(() => client.FlushAsync("a").Unawaited());
        Assert.Throws<ObjectDisposedException>(() => client.Flush("a"));
        Assert.Throws<ObjectDisposedException>(() => client.Flush([new IoRegion("a", 0, 0)], (_, _) => { }));
    }

    [Fact]
    public async Task A_second_disposal_does_nothing()
    {
        await using var running = new RunningService();
        var client = await running.Service.OpenAsync(3).InTime();

        client.Dispose();
        await client.DisposeAsync().InTime();
        await client.DisposeAsync().InTime();

        var pool = await running.Service.GetPoolStatusAsync().InTime();
        Assert.Equal(0, pool.Leased + pool.Draining);
    }

    [Fact]
    public async Task A_failed_result_can_be_thrown()
    {
        await using var running = new RunningService();
        using var client = await running.Service.OpenAsync(1).InTime();
        var result = await client.FlushAsync("nobody").InTime();

        var error = Assert.Throws<IoFailedException>(result.ThrowIfFailed);

        Assert.Same(result, error.Result);
        Assert.Contains("nobody", error.Message, StringComparison.Ordinal);
    }
}
