using Akka.Actor;
using DmIo.Actors.Client;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Devices.Files;
using DmIo.Io;
using DmIo.Memory;
using DmIo.Testing.Peers;
using DmIo.TestKit.Crashes;
using DmIo.Volumes.Client;
using DmIo.Volumes.Dump;
using DmIo.Volumes.Record;
using Xunit;
using Xunit.Abstractions;

namespace DmIo.Volumes.Tests.Volumes;

/// <summary>A leg of two devices: the order in which writes become durable, and the loss of either device.</summary>
public sealed class ExternalMetadataTests(ITestOutputHelper output) : VolumeServiceTests
{
    private static readonly VolumeOptions Two = new() { Name = "v", Legs = ["disk;metadata=meta", "b"] };

    private readonly MemoryDevice disk = new(ByteSize.FromMiB(8));

    [Theory]
    [InlineData("disk", IoOperation.Write)]
    [InlineData("disk", IoOperation.Flush)]
    [InlineData("meta", IoOperation.Write)]
    public async Task A_failure_of_either_device_is_a_loss_of_the_leg_until_it_works_again(
        string broken, IoOperation operation)
    {
        var devices = new Dictionary<string, FaultyDevice>
        {
            ["disk"] = new(disk, seed: 1),
            ["meta"] = new(new MemoryDevice(ByteSize.FromMiB(1)), seed: 1),
        };
        await using var volume = await OpenAsync(devices["disk"], devices["meta"]);
        await WriteAsync(1);
        devices[broken].Add(new FaultRule { Filter = OperationFilter.On(operation) });

        await WriteAsync(8000, 2);
        await using var client = await Service.OpenAsync(1);
        Assert.True((await client.FlushAsync("v")).IsOk);

        await UntilAsync(volume, VolumeState.Degraded);
        devices[broken].Heal();
        await UntilAsync(volume, VolumeState.Healthy);
        Assert.Equal(2, await ReadAsync(8000));
        Assert.Equal(2, BytesOfDisk()[8000 * 512]);
    }

    [Theory]
    [InlineData("disk")]
    [InlineData("meta")]
    public async Task A_write_in_flight_on_either_device_that_hangs_succeeds_without_the_leg(string name)
    {
        var devices = new Dictionary<string, HungDevice>
        {
            ["disk"] = new(disk),
            ["meta"] = new(new MemoryDevice(ByteSize.FromMiB(1))),
        };
        devices["disk"].Release();
        devices["meta"].Release();
        await using var volume = await OpenAsync(devices["disk"], devices["meta"]);
        devices[name].Hang();
        await using var client = await Service.OpenAsync(1);
        var data = new byte[4096];

        (await client.WriteAsync(new IoRegion("v", 8000, 8), data)).ThrowIfFailed();

        Assert.Equal(LegState.Absent, (await volume.GetStatusAsync()).Legs[0].State);
        devices[name].Release();
        await UntilAsync(volume, VolumeState.Healthy);
    }

    [Fact]
    public async Task The_loss_of_the_metadata_is_a_loss_of_the_leg_until_it_is_attached_again()
    {
        using var directory = new TemporaryDirectory();
        var file = new FileDeviceOptions { Path = directory.SparseFile("meta", 1 << 20) };
        await using var volume = await OpenAsync(disk, FileDevice.Open(file));
        await Service.DetachAsync("meta");
        await WriteAsync(8000, 2);
        await UntilAsync(volume, VolumeState.Degraded);

        await Service.AttachAsync("meta", FileDevice.Open(file));

        await UntilAsync(volume, VolumeState.Healthy);
        Assert.Equal(2, BytesOfDisk()[8000 * 512]);
    }

    [Fact]
    public async Task Data_is_not_written_before_the_mark_on_the_other_device()
    {
        var meta = new HungDevice(new MemoryDevice(ByteSize.FromMiB(1)));
        meta.Release();
        await using var volume = await OpenAsync(disk, meta);
        meta.Hang();

        var writing = WriteAsync(8000, 2);
        await UntilAsync(volume, status => status.Legs[0].State == LegState.Slow);

        Assert.Equal(0, BytesOfDisk()[8000 * 512]);
        meta.Release();
        await writing;
        Assert.Equal(2, BytesOfDisk()[8000 * 512]);
    }

    [Fact]
    public async Task VM8_A_failed_flush_of_the_data_ends_the_continuity_in_the_metadata_before_it_is_answered()
    {
        var faulty = new FaultyDevice(disk, seed: 1);
        await using var volume = await OpenAsync(faulty, new MemoryDevice(ByteSize.FromMiB(1)));
        await WriteAsync(1);
        faulty.Add(new FaultRule { Filter = OperationFilter.On(IoOperation.Flush) });
        await using var client = await Service.OpenAsync(8);

        Assert.True((await client.FlushAsync("v")).IsOk);

        var leg = await LegInspection.ReadAsync(client, Two.Legs[0], await AttachedAsync());
        Assert.True(leg.Reading.Superblock!.Continuity.IsEnded);
    }

    /// <summary>After a power failure of all devices, flushed data is there, and the legs become equal.</summary>
    [Fact]
    public async Task No_crash_loses_flushed_data_or_leaves_the_legs_unequal()
    {
        var log = new WriteLog();
        await CreateAsync(
            log.Record("disk", disk),
            log.Record("meta", new MemoryDevice(ByteSize.FromMiB(1))),
            log.Record("b", new MemoryDevice(ByteSize.FromMiB(10))));
        log.Mark("0");
        await using (await Service.OpenVolumeAsync(Two))
        {
            await using var client = await Service.OpenAsync(8);
            for (byte value = 1; value <= 4; value++)
            {
                await WriteAsync(100, value);
                await WriteAsync(8200, value);
                (await client.FlushAsync("v")).ThrowIfFailed();
                log.Mark($"{value}");
            }
        }

        var search = new CrashSearchOptions { Limit = 40 };
        var report = await new WriteLogReplayer(log).CheckAsync(RecoversAsync, search);
        output.WriteLine(report.ToString());
        Assert.True(report.IsOk, report.ToString());
    }

    private static async Task RecoversAsync(Crash crash)
    {
        if (crash.Marks.Count == 0)
        {
            // The volume was not created yet.
            return;
        }

        var system = ActorSystem.Create("crashed");
        try
        {
            var service = DmIoService.For(system);
            foreach (var name in (string[])["disk", "meta", "b"])
            {
                await service.AttachAsync(name, crash.Open(name));
            }

            var flushed = byte.Parse(crash.Marks[^1], null);
            await using (var volume = await service.OpenVolumeAsync(Two))
            {
                await volume.UntilInSyncAsync();
                Assert.InRange((await ReadAsync(service, "v", 100))[0], flushed, flushed + 1);
                Assert.InRange((await ReadAsync(service, "v", 8200))[0], flushed, flushed + 1);
            }

            foreach (var sector in (long[])[100, 8200])
            {
                Assert.Equal(
                    await ReadAsync(service, "disk", sector), await ReadAsync(service, "b", sector + 2048));
            }
        }
        finally
        {
            await system.Terminate();
        }
    }

    private static async Task<byte[]> ReadAsync(DmIoService service, string device, long sector)
    {
        await using var client = await service.OpenAsync(8);
        var data = new byte[4096];
        (await client.ReadAsync(new IoRegion(device, sector, 8), data)).ThrowIfFailed();
        return data;
    }

    private async Task<Volume> OpenAsync(IBlockDevice data, IBlockDevice metadata)
    {
        await CreateAsync(data, metadata, new MemoryDevice(ByteSize.FromMiB(10)));
        var volume = await Service.OpenVolumeAsync(Two with { LegTimeout = TimeSpan.FromSeconds(3) });
        await UntilAsync(volume, VolumeState.Healthy);
        return volume;
    }

    private async Task CreateAsync(IBlockDevice data, IBlockDevice metadata, IBlockDevice other)
    {
        await Service.AttachAsync("disk", data);
        await Service.AttachAsync("meta", metadata);
        await Service.AttachAsync("b", other);
        await Service.ImportVolumeAsync(Two);
    }

    private byte[] BytesOfDisk()
    {
        var bytes = new byte[disk.Description.Capacity.Bytes];
        var batch = new SegmentBatch();
        batch.Add(bytes);
        Assert.True(disk.ReadAsync(0, batch).AsTask().Result.Status.IsOk);
        return bytes;
    }
}
