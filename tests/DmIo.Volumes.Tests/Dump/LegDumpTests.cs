using System.Text.Json;
using DmIo.Volumes.Dump;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;
using DmIo.Volumes.Tests.Record;
using Xunit;

namespace DmIo.Volumes.Tests.Dump;

public sealed class LegDumpTests
{
    private static readonly LegDump Dump = LegDump.Of(
        SuperblockCopies.Read(
        [
            Samples.Encode(Samples.Superblock, 9, 0),
            Samples.Encode(Samples.Superblock, 8, 1),
            null,
            Samples.Encode(Samples.Superblock, 9, 3),
        ]),
        [DumpOfMap()]);

    [Fact]
    public void The_lines_have_the_copies_the_superblock_the_record_and_the_maps()
    {
        string[] expected =
        [
            "superblock: Open",
            "  copy 0: valid, sequence 9",
            "  copy 1: valid, sequence 8, not the present state",
            "  copy 2: cannot be read",
            "  copy 3: valid, sequence 9",
            "  format version: 1",
            "  sequence: 9",
            "  volume: 70717273-7475-7677-7879-7a7b7c7d7e7f",
            "  state: InSync",
            "  promised: 4702394921427289928/80818283-8485-8687-8889-8a8b8c8d8e8f",
            "  metadata: External",
            "  maximum size: 1TiB",
            "  name: müller",
            "  continuity: ended",
            "  record:",
            "    version: 72623859790382856/10111213-1415-1617-1819-1a1b1c1d1e1f.1230066625199609624",
            "    in sync: {0,3}",
            "    clean: True",
            "    voter: member 3, leg 30313233-3435-3637-3839-3a3b3c3d3e3f, only in the old configuration",
            "missed map of member 3: 32356 of 64 KiB",
            "  0+32356",
            "  page 0 cannot be read: all of its bits are set",
        ];

        var lines = Dump.Lines().ToList();

        Assert.Equal(expected, lines.Where(expected.Contains));
    }

    [Fact]
    public void The_dump_is_JSON_of_texts_numbers_and_lists()
    {
        using var json = JsonDocument.Parse(JsonSerializer.Serialize(Dump));
        var root = json.RootElement;

        Assert.Equal("Open", root.GetProperty("Outcome").GetString());
        Assert.Equal(4, root.GetProperty("Copies").GetArrayLength());
        var superblock = root.GetProperty("Superblock");
        Assert.Equal("0", superblock.GetProperty("Fields").GetProperty("member").GetString());
        Assert.Equal("5GiB", superblock.GetProperty("Record").GetProperty("size").GetString());
        Assert.Equal(3, superblock.GetProperty("Voters").GetArrayLength());
        Assert.Equal(0, root.GetProperty("Maps")[0].GetProperty("Faults")[0].GetProperty("Page").GetInt64());
    }

    [Fact]
    public void A_damaged_superblock_is_dumped_with_its_reasons()
    {
        var lines = LegDump.Of(SuperblockCopies.Read([null, new byte[4096], null, null]), []).Lines().ToList();

        Assert.StartsWith("superblock: Damaged: Fewer than two superblocks are valid", lines[0]);
        Assert.Equal("  copy 1: is no superblock", lines[2]);
        Assert.Equal(5, lines.Count);
    }

    private static MapDump DumpOfMap()
    {
        var geometry = Samples.Superblock.Geometry;
        var (map, regions) = (new MissedMap(geometry, Samples.Superblock.Leg, 3), new RegionSet());
        map.Load(0, [], regions);
        regions.SetRange(new RegionRange(RegionSet.PageBits, 100));
        return MapDump.Of(map, regions);
    }
}
