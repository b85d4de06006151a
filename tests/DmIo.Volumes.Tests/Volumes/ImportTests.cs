using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Devices.Files;
using DmIo.Io;
using DmIo.Memory;
using DmIo.Testing.Peers;
using DmIo.Volumes.Actors;
using DmIo.Volumes.Client;
using DmIo.Volumes.Record;
using Xunit;

namespace DmIo.Volumes.Tests.Volumes;

/// <summary>A device with data becomes the source of a volume, with metadata on another device.</summary>
public sealed class ImportTests : VolumeServiceTests
{
    private const string Imported = "disk;metadata=meta";

    private static readonly VolumeOptions Three = new() { Name = "v", Legs = [Imported, "b", "c"] };

    private readonly MemoryDevice disk = Memory(14);
    private readonly MemoryDevice meta = Memory(1);
    private readonly TemporaryDirectory directory = new();

    public override async Task InitializeAsync()
    {
        await AttachAsync("b", "c");
        await Service.AttachAsync("meta", meta);
        await Service.AttachAsync("disk", disk);
        var random = new byte[14 << 20];
        new Random(1).NextBytes(random);

        // The signature of ext4.
        (random[1080], random[1081]) = (0x53, 0xEF);
        await using var client = await Service.OpenAsync(64);
        (await client.WriteAsync(new IoRegion("disk", 0, random.Length / 512), random)).ThrowIfFailed();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        directory.Dispose();
    }

    [Fact]
    public async Task The_data_is_that_of_the_volume_unchanged_and_is_copied_to_the_other_legs()
    {
        var before = BytesOf(disk);
        await Service.ImportVolumeAsync(Three);
        await using (var volume = await Service.OpenVolumeAsync(Three))
        {
            await volume.UntilInSyncAsync();
            var leg = (await volume.GetStatusAsync()).Legs[0];
            Assert.Equal(("disk", "meta"), (leg.Device, leg.Metadata));
            Assert.Equal(ByteSize.FromMiB(14), (await AttachedAsync())["v"].Capacity);
        }

        Assert.Equal(before, BytesOf(disk));
        await using var copies = await Service.OpenVolumeAsync(Three with { Legs = ["b", "c"] });
        await using var client = await Service.OpenAsync(64);
        var copied = new byte[before.Length];
        (await client.ReadAsync(new IoRegion("v", 0, copied.Length / 512), copied)).ThrowIfFailed();
        Assert.Equal(before, copied);
    }

    [Fact]
    public async Task A_volume_of_one_leg_with_external_metadata_is_used_and_opened_again()
    {
        var options = Three with { Legs = [Imported] };
        await Service.ImportVolumeAsync(options);
        await using (await Service.OpenVolumeAsync(options))
        {
            await WriteAsync(7);
        }

        Assert.Equal(7, BytesOf(disk)[100 * 512]);
        await using var again = await Service.OpenVolumeAsync(options);
        Assert.Equal(7, await ReadAsync());
    }

    [Theory]
    [InlineData("the first leg has no metadata", "'disk;metadata=META'")]
    [InlineData("a leg is too small", "of 14680064 bytes: it needs 15728640 bytes")]
    [InlineData("the metadata has data", "'b' holds data, and its first 1048576 bytes")]
    [InlineData("the metadata is too small", "'tiny' of 512KiB is too small for the metadata of 'disk'")]
    [InlineData("a leg has a file system", "'c' holds an ext2, ext3 or ext4 file system; use Force")]
    [InlineData("the end would be cut off", "the blocks of 'b' have 4096. Enlarge it to a multiple of 4096 bytes")]
    [InlineData("a size", "give no size")]
    [InlineData("a device twice", "'disk' is named 2 times")]
    [InlineData("no name", "'' is not the name of a device")]
    public async Task It_is_refused_before_anything_is_written(string reason, string named)
    {
        await Service.AttachAsync("tiny", new MemoryDevice(ByteSize.FromKiB(512)));
        await Service.AttachAsync("odd", new MemoryDevice(ByteSize.FromBytes((14 << 20) - 512)));
        await Service.AttachAsync("small", new MemoryDevice(ByteSize.FromBytes((15 << 20) - 512)));
        await using var client = await Service.OpenAsync(8);
        (await client.WriteAsync(new IoRegion("c", 2, 1), BytesOf(disk)[1024..1536])).ThrowIfFailed();
        if (reason == "the metadata has data")
        {
            (await client.WriteAsync(new IoRegion("b", 2047, 1), BytesOf(disk)[..512])).ThrowIfFailed();
        }

        await using var coarse = new LimitedDevice(
            Memory(16), description => description with { BlockSize = ByteSize.FromBytes(4096) });
        if (reason == "the end would be cut off")
        {
            await Service.DetachAsync("b");
            await Service.AttachAsync("b", coarse);
        }

        var options = reason switch
        {
            "the first leg has no metadata" => Three with { Legs = ["disk", "b"] },
            "a leg is too small" => Three with { Legs = [Imported, "small"] },
            "the metadata has data" => Three with { Legs = ["disk;metadata=b"] },
            "the metadata is too small" => Three with { Legs = ["disk;metadata=tiny"] },
            "a leg has a file system" => Three,
            "the end would be cut off" => Three with { Legs = ["odd;metadata=meta", "b"] },
            "a size" => Three with { Legs = [Imported], Size = ByteSize.FromMiB(8) },
            "a device twice" => Three with { Legs = ["disk;metadata=disk"] },
            _ => Three with { Legs = ["disk;metadata="] },
        };

        var refused = await Assert.ThrowsAsync<VolumeException>(() => Service.ImportVolumeAsync(options));

        Assert.Contains(named, refused.Message);
        Assert.All(BytesOf(meta), value => Assert.Equal(0, value));
    }

    [Fact]
    public async Task The_leg_is_refused_without_its_metadata_and_with_that_of_another_leg()
    {
        await Service.ImportVolumeAsync(Three with { Legs = [Imported, "b"] });

        async Task<string> FaultAsync(LegDevices leg) => (await Assert.ThrowsAsync<VolumeException>(
            () => Service.OpenVolumeAsync(Three with { Legs = [leg] }))).Message;

        Assert.Contains("'disk' is not a leg or witness of a volume", await FaultAsync("disk"));
        Assert.Contains("If its metadata is external, name it: 'disk;metadata=META'", await FaultAsync("disk"));
        Assert.Contains("external metadata of leg 0 of the volume 'v'. Name the data too", await FaultAsync("meta"));
        Assert.Contains("'b' holds no external metadata: it is itself leg 1", await FaultAsync("disk;metadata=b"));
        Assert.Contains("No device named 'none' is attached", await FaultAsync("disk;metadata=none"));
    }

    [Fact]
    public async Task Metadata_of_another_file_is_refused_and_an_operator_can_force_it()
    {
        await AttachFilesAsync("one", "two");
        var one = Three with { Legs = ["one;metadata=meta"] };
        var two = Three with { Legs = ["two;metadata=meta"] };
        await Service.ImportVolumeAsync(one);
        await using (await Service.OpenVolumeAsync(one))
        {
        }

        var refused = await Assert.ThrowsAsync<VolumeException>(() => Service.OpenVolumeAsync(two));
        Assert.Contains("'meta' is the metadata of leg 0 of the volume 'v', and belongs to the file", refused.Message);
        await Service.ForceVolumeAsync(two);
        await using var volume = await Service.OpenVolumeAsync(two);
        await Assert.ThrowsAsync<VolumeException>(() => Service.ForceVolumeAsync(one));
    }

    [Fact]
    public async Task A_leg_that_is_removed_keeps_its_data_and_loses_its_metadata()
    {
        await Service.ImportVolumeAsync(Three);
        await using var volume = await Service.OpenVolumeAsync(Three);
        await volume.UntilInSyncAsync();
        var before = BytesOf(disk);

        await volume.RemoveAsync("disk");

        Assert.Equal(before, BytesOf(disk));
        Assert.Equal(["b", "c"], (await volume.GetStatusAsync()).Legs.Select(leg => leg.Device));
        await using var client = await Service.OpenAsync(8);
        Assert.True((await LegStore.ReadCopiesAsync(client, "meta", ByteSize.FromMiB(1))).IsBlank);
    }

    [Fact]
    public async Task A_leg_is_replaced_by_one_with_external_metadata()
    {
        var options = Three with { Legs = ["b", "c"] };
        await Service.CreateVolumeAsync(options);
        await Service.AttachAsync("raw", Memory(15));
        await using (var volume = await Service.OpenVolumeAsync(options))
        {
            await WriteAsync(7);
            await volume.ReplaceLegAsync(1, "raw;metadata=meta");
            Assert.All((await volume.GetStatusAsync()).Legs, leg => Assert.Equal(LegState.InSync, leg.State));
        }

        await using var replaced = await Service.OpenVolumeAsync(options with { Legs = ["b", "raw;metadata=meta"] });
        Assert.Equal(VolumeState.Healthy, (await replaced.GetStatusAsync()).State);
        await using var client = await Service.OpenAsync(8);
        var data = new byte[512];
        (await client.ReadAsync(new IoRegion("raw", 100, 1), data)).ThrowIfFailed();
        Assert.Equal(7, data[0]);
    }

    private static MemoryDevice Memory(long mebibytes) => new(ByteSize.FromMiB(mebibytes));

    private async Task AttachFilesAsync(params string[] names)
    {
        foreach (var name in names)
        {
            await Service.AttachAsync(name, FileDevice.Open(new FileDeviceOptions
            {
                Path = directory.SparseFile(name, 4 << 20),
            }));
        }
    }

    private static byte[] BytesOf(MemoryDevice memory)
    {
        var bytes = new byte[memory.Description.Capacity.Bytes];
        var batch = new SegmentBatch();
        batch.Add(bytes);
        Assert.True(memory.ReadAsync(0, batch).AsTask().Result.Status.IsOk);
        return bytes;
    }
}
