using System.Text.Json;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Nbd.Server;
using Xunit;
using static DmIo.Testing.Peers.OtherProgram;

namespace DmIo.Nbd.Tests.RealPeers;

/// <summary>The output of nbdinfo for the server's exports.</summary>
public sealed class NbdinfoTests
{
    [PeerTheory("nbdinfo")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_properties_of_an_export_are_shown(bool tcp)
    {
        await using var served = await ServedDisks.StartAsync();
        await served.AddAsync(
            new NbdExport { Name = "disk", Device = "disk", Description = "the one with the dóts" },
            new MemoryDevice(ByteSize.FromBytes(ServedDisks.SizeBytes)));

        var info = await JsonAsync("--json", served.Uri(tcp));

        Assert.Equal("newstyle-fixed", info.GetProperty("protocol").GetString());
        Assert.False(info.GetProperty("TLS").GetBoolean());
        Assert.True(info.GetProperty("structured").GetBoolean());
        var export = Assert.Single(info.GetProperty("exports").EnumerateArray());
        Assert.Equal("disk", export.GetProperty("export-name").GetString());
        Assert.Equal("the one with the dóts", export.GetProperty("description").GetString());
        Assert.Equal(ServedDisks.SizeBytes, export.GetProperty("export-size").GetInt64());
        Assert.Equal("base:allocation", export.GetProperty("contexts")[0].GetString());
        Assert.Equal(1, export.GetProperty("block_size_minimum").GetInt64());
        Assert.Equal(4096, export.GetProperty("block_size_preferred").GetInt64());
        Assert.Equal(64 << 20, export.GetProperty("block_size_maximum").GetInt64());
        foreach (var ability in (string[])["cache", "df", "fast_zero", "flush", "fua", "multi_conn", "trim", "zero"])
        {
            Assert.True(export.GetProperty("can_" + ability).GetBoolean(), ability);
        }

        Assert.False(export.GetProperty("is_read_only").GetBoolean());
        Assert.False(export.GetProperty("is_rotational").GetBoolean());
    }

    [PeerFact("nbdinfo")]
    public async Task All_exports_are_listed_with_their_descriptions()
    {
        await using var served = await ServedDisks.StartAsync();
        await served.AddAsync(
            new NbdExport { Name = "b", Device = "two", Description = "second" },
                new MemoryDevice(ByteSize.FromMiB(1)));
        await served.AddAsync(
            new NbdExport { Name = "a/ä 1", Device = "one", Description = "first" },
                new MemoryDevice(ByteSize.FromKiB(512)));

        var list = await JsonAsync("--list", "--json", served.Uri(export: ""));

        Assert.Equal(
            [("a/ä 1", "first", 1024 * 512), ("b", "second", 2048 * 512)],
            list.GetProperty("exports").EnumerateArray().Select(export => (
                export.GetProperty("export-name").GetString()!,
                export.GetProperty("description").GetString()!,
                export.GetProperty("export-size").GetInt32())));
    }

    [PeerFact("nbdinfo")]
    public async Task The_map_shows_data_and_holes()
    {
        var (served, _) = await ServedDisks.WithFileAsync();
        await using var ends = served;
        await ScriptAsync(served.Uri(), "h.pwrite(b'x' * (1 << 20), 8 << 20)");

        var map = await JsonAsync("--map", "--json", served.Uri());

        long covered = 0;
        long holes = 0;
        foreach (var extent in map.EnumerateArray())
        {
            var (start, length) = (extent.GetProperty("offset").GetInt64(), extent.GetProperty("length").GetInt64());
            Assert.Equal(covered, start);
            covered += length;
            var isData = extent.GetProperty("type").GetInt32() == 0;
            holes += isData ? 0 : length;
            Assert.True(isData || start >= 9 << 20 || covered <= 8 << 20, $"{extent} holds data");
        }

        Assert.Equal(ServedDisks.SizeBytes, covered);
        Assert.True(holes > ServedDisks.SizeBytes / 2, $"{holes} bytes of the disk are reported as holes.");
    }

    [PeerFact("nbdinfo")]
    public async Task A_read_only_device_is_a_read_only_export()
    {
        await using var served = await ServedDisks.StartAsync();
        await served.AddAsync("disk", new LimitedDevice(
            new MemoryDevice(ByteSize.FromKiB(512)), description => description with { IsReadOnly = true }));

        await RunAsync("nbdinfo", "--is", "read-only", served.Uri());
    }

    [PeerFact("nbdinfo")]
    public async Task A_client_that_names_no_export_gets_the_default()
    {
        await using var served = await ServedDisks.StartAsync();
        await served.AddAsync("other", new MemoryDevice(ByteSize.FromKiB(512)));
        await served.AddAsync(
            new NbdExport { Name = "main", Device = "main", IsDefault = true },
                new MemoryDevice(ByteSize.FromMiB(2)));

        Assert.Equal($"{4096 * 512}", (await RunAsync("nbdinfo", "--size", served.Uri(export: ""))).Trim());
    }

    [PeerFact("nbdinfo")]
    public async Task A_missing_export_is_named_in_the_error()
    {
        await using var served = await ServedDisks.WithDiskAsync();

        var printed = await FailAsync("nbdinfo", served.Uri(export: "attic"));

        Assert.Contains("attic", printed, StringComparison.Ordinal);
    }

    private static async Task<JsonElement> JsonAsync(params string[] arguments) =>
        JsonDocument.Parse(await RunAsync("nbdinfo", arguments)).RootElement;
}
