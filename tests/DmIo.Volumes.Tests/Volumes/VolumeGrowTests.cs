using System.Net.Sockets;
using DmIo.Actors.Protocol;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Nbd;
using DmIo.Nbd.Client;
using DmIo.Nbd.Server;
using DmIo.Volumes.Client;
using Xunit;

namespace DmIo.Volumes.Tests.Volumes;

/// <summary>Volumes grow while they serve.</summary>
public sealed class VolumeGrowTests : VolumeServiceTests
{
    private static readonly ByteSize Small = ByteSize.FromMiB(4);
    private static readonly ByteSize Large = ByteSize.FromMiB(9);

    private static long LastSector => Large.Sectors.Value - 8;

    [Fact]
    public async Task The_attached_device_has_the_new_size_and_its_new_area_reads_as_zeroes_on_all_legs()
    {
        await AttachFilledAsync("a", "b");
        await using var volume = await OpenAsync(Small, "a", "b");
        await WriteAsync(7);
        var result = await WriteAtAsync(LastSector);
        Assert.Equal(IoStatusCode.OutOfRange, result.Code);
        Assert.Equal(Large, await volume.GrowAsync(Large));
        var device = (await Service.GetDevicesAsync()).First(device => device.Name == "v");
        Assert.Equal(Large, device.Description.Capacity);
        Assert.Equal(Large, (await volume.GetStatusAsync()).Record.Size);
        Assert.Equal((7, 0, 0), (await ReadAsync(), await ReadAsync(Small.Sectors.Value), await ReadAsync(LastSector)));
        await WriteAsync(LastSector, 8);
        Assert.Equal(8, await ReadAsync(LastSector));
        await UntilAsync(volume, VolumeState.Healthy);
        var verified = await volume.VerifyAsync();
        Assert.Equal((Large, default, 0), (verified.Compared, verified.Skipped, verified.Differences.Count));
    }

    [Fact]
    public async Task Without_a_size_a_volume_gets_what_fits_on_the_smallest_leg()
    {
        await AttachAsync("a", "b");
        await using var volume = await OpenAsync(Small, "a", "b");
        Assert.Equal(ByteSize.FromMiB(15), await volume.GrowAsync());
        await volume.DisposeAsync();
        await using var again = await Service.OpenVolumeAsync(Options("a", "b"));
        Assert.Equal(ByteSize.FromMiB(15), (await again.GetStatusAsync()).Record.Size);
        var full = await Assert.ThrowsAsync<VolumeException>(() => again.GrowAsync());
        Assert.Contains("leg 0 'a' has room for 15MiB. Enlarge the file", full.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_leg_that_is_absent_during_the_growth_returns_with_the_new_area()
    {
        var faulty = new FaultyDevice(new MemoryDevice(ByteSize.FromMiB(16)), seed: 1);
        await AttachFilledAsync("a");
        await Service.AttachAsync("b", faulty);
        await using var volume = await OpenAsync(Small, "a", "b");
        await UntilAsync(volume, VolumeState.Healthy);
        faulty.Add(new FaultRule());
        await WriteAsync(7);
        await UntilAsync(volume, VolumeState.Degraded);
        await volume.GrowAsync(Large);
        await WriteAsync(LastSector, 8);
        faulty.Heal();
        await UntilAsync(volume, VolumeState.Healthy);
        Assert.Equal(
            (7, 0, 8), (await ReadAsync(), await ReadAsync(Small.Sectors.Value), await ReadAsync(LastSector)));
        var verified = await volume.VerifyAsync();
        Assert.Equal((Large, default, 0), (verified.Compared, verified.Skipped, verified.Differences.Count));
    }

    [Fact]
    public async Task A_leg_that_was_not_found_prevents_a_growth_and_is_named()
    {
        await AttachAsync("a", "b", "c");
        await (await OpenAsync(Small, "a", "b", "c")).DisposeAsync();
        await Service.DetachAsync("c");
        await using var volume = await Service.OpenVolumeAsync(Options("a", "b"));
        var fault = await Assert.ThrowsAsync<VolumeException>(() => volume.GrowAsync(Large));
        Assert.Contains("leg 2 was not found since the volume was opened", fault.Message, StringComparison.Ordinal);
        await volume.RemoveAsync(2);
        Assert.Equal(Large, await volume.GrowAsync(Large));
    }

    [Fact]
    public async Task A_leg_whose_device_is_attached_again_with_more_room_lets_the_volume_grow()
    {
        await Service.AttachAsync("a", new MemoryDevice(ByteSize.FromMiB(16)));
        var small = new SharedDevice(new MemoryDevice(ByteSize.FromMiB(32)), ByteSize.FromMiB(6));
        await Service.AttachAsync("b", small);
        await using var volume = await OpenAsync(Small, "a", "b");
        var fault = await Assert.ThrowsAsync<VolumeException>(() => volume.GrowAsync(Large));
        Assert.Contains("leg 1 'b' has room for 5MiB", fault.Message, StringComparison.Ordinal);
        await Service.DetachAsync("b");
        await Service.AttachAsync("b", small.Enlarged(ByteSize.FromMiB(32)));
        Assert.Equal(Large, await volume.GrowAsync(Large));
        await UntilAsync(volume, VolumeState.Healthy);
    }

    [Fact]
    public async Task A_size_beyond_the_maximum_of_a_leg_is_refused_until_the_leg_is_replaced()
    {
        await AttachAsync("a", "b");
        var options = Options("a") with { Size = Small, MaxSize = ByteSize.FromMiB(6) };
        await Service.CreateVolumeAsync(options);
        await using var volume = await Service.OpenVolumeAsync(options);
        var fault = await Assert.ThrowsAsync<VolumeException>(() => volume.GrowAsync(Large));
        Assert.Contains("maps for a volume of at most 6MiB", fault.Message, StringComparison.Ordinal);
        Assert.Equal(ByteSize.FromMiB(6), await volume.GrowAsync());
        await volume.ReplaceLegAsync(0, "b");
        Assert.Equal(Large, await volume.GrowAsync(Large));
    }

    [Fact]
    public async Task A_volume_does_not_shrink_and_its_own_size_changes_nothing()
    {
        await AttachAsync("a");
        await using var volume = await OpenAsync(Small, "a");
        Assert.Equal(Small, await volume.GrowAsync(Small));
        await Assert.ThrowsAsync<VolumeException>(() => volume.GrowAsync(ByteSize.FromMiB(3)));
        await Assert.ThrowsAsync<VolumeException>(() => volume.GrowAsync(ByteSize.FromBytes(Large.Bytes + 1)));
        Assert.Equal(Small, (await volume.GetStatusAsync()).Record.Size);
    }

    [Fact]
    public async Task A_leg_that_cannot_zero_keeps_the_volume_as_it_is()
    {
        var faulty = new FaultyDevice(new MemoryDevice(ByteSize.FromMiB(16)), seed: 1);
        await AttachAsync("a");
        await Service.AttachAsync("b", faulty);
        await using var volume = await OpenAsync(Small, "a", "b");
        faulty.Add(new FaultRule { Filter = OperationFilter.On(IoOperation.WriteZeroes) });
        var fault = await Assert.ThrowsAsync<VolumeException>(() => volume.GrowAsync(Large));
        Assert.Contains("cannot zero the new area. DeviceError", fault.Message, StringComparison.Ordinal);
        faulty.Heal();
        await WriteAsync(7);
        Assert.Equal(VolumeState.Healthy, (await volume.GetStatusAsync()).State);
        Assert.Equal(Large, await volume.GrowAsync(Large));
    }

    [Fact]
    public async Task A_growth_that_is_canceled_ends_and_can_be_repeated()
    {
        var hung = new HungDevice(new MemoryDevice(ByteSize.FromMiB(16)));
        hung.Release();
        await Service.AttachAsync("a", hung);
        await using var volume = await OpenAsync(Small, "a");
        using var cancellation = new CancellationTokenSource();
        var reports = 0;
        var progress = new Told(() =>
        {
            // The first report after the cancellation may have begun before it.
            if (cancellation.IsCancellationRequested && ++reports == 2)
            {
                hung.Release();
            }
        });
        hung.Hang();
        var growth = volume.GrowAsync(Large, progress, cancellation.Token);
        await hung.WhenHungAsync(1);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => growth);
        Assert.Equal(Small, (await volume.GetStatusAsync()).Record.Size);
        Assert.Equal(Large, await volume.GrowAsync(Large));
    }

    [Fact]
    public async Task The_event_stream_tells_that_the_device_has_grown()
    {
        await AttachAsync("a");
        await using var volume = await OpenAsync(Small, "a");
        using var inbox = Akka.Actor.Inbox.Create(System);
        System.EventStream.Subscribe(inbox.Receiver, typeof(ServiceEvents.DeviceGrown));
        await volume.GrowAsync(Large);
        var grown = Assert.IsType<ServiceEvents.DeviceGrown>(inbox.Receive(TimeSpan.FromSeconds(10)));
        Assert.Equal(("v", Large), (grown.Name, grown.Description.Capacity));
    }

    [Fact]
    public async Task An_NBD_client_gets_the_new_size_when_it_connects_again()
    {
        await AttachAsync("a");
        await using var volume = await OpenAsync(Small, "a");
        var home = Directory.CreateTempSubdirectory();
        var path = Path.Combine(home.FullName, "s");
        await using var server = await NbdServer.StartAsync(
            System, new NbdServerOptions { EndPoints = [new UnixDomainSocketEndPoint(path)] });
        await server.AddExportAsync(new NbdExport { Name = "disk", Device = "v", Pages = 512 });
        var options = new NbdDeviceOptions { Uri = NbdUri.Parse($"nbd+unix:///disk?socket={path}") };
        await using var before = await NbdDevice.OpenAsync(options);
        await volume.GrowAsync(Large);
        await using var after = await NbdDevice.OpenAsync(options);
        Assert.Equal((Small, Large), (before.Description.Capacity, after.Description.Capacity));
        Assert.Equal(Large, (await server.GetStatusAsync()).Exports[0].Size);
        home.Delete(recursive: true);
    }

    private static VolumeOptions Options(params string[] legs) => new() { Name = "v", Legs = [.. legs] };

    private async Task<Volume> OpenAsync(ByteSize size, params string[] legs)
    {
        var options = Options(legs) with { Size = size };
        await Service.CreateVolumeAsync(options);
        return await Service.OpenVolumeAsync(options);
    }

    /// <summary>Attaches legs that hold old data.</summary>
    private async Task AttachFilledAsync(params string[] names)
    {
        await AttachAsync(names);
        await using var client = await Service.OpenAsync(256);
        foreach (var name in names)
        {
            var old = new byte[1 << 20];
            Random.Shared.NextBytes(old);
            for (var mib = 0; mib < 16; mib++)
            {
                (await client.WriteAsync(new IoRegion(name, mib * 2048, 2048), old)).ThrowIfFailed();
            }
        }
    }

    private async Task<IoStatus> WriteAtAsync(long sector)
    {
        await using var client = await Service.OpenAsync(8);
        return (await client.WriteAsync(new IoRegion("v", sector, 8), new byte[4096]))[0];
    }

    private sealed class Told(Action report) : IProgress<ByteSize>
    {
        public void Report(ByteSize value) => report();
    }

    /// <summary>A device that shows a part of another one, which it does not close.</summary>
    private sealed class SharedDevice(IBlockDevice inner, ByteSize capacity) : IBlockDevice
    {
        public DeviceDescription Description { get; } = inner.Description with { Capacity = capacity };

        public ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation) => inner.SubmitAsync(operation);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        internal SharedDevice Enlarged(ByteSize larger) => new(inner, larger);
    }
}
