using System.Globalization;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Dump;

/// <summary>
/// The metadata of a leg or witness in a form for people and for JSON: numbers, texts and lists. The command line
/// prints it. Pure: the caller reads the blocks.
/// </summary>
internal sealed record LegDump
{
    /// <summary>Ranges of a map that are listed; a longer list is cut.</summary>
    public const int MaxRanges = 64;

    /// <summary>What the four copies allow: Open, Damaged or Newer.</summary>
    public required string Outcome { get; init; }

    /// <summary>Why the superblock is not open.</summary>
    public string? Fault { get; init; }

    /// <summary>The four copies.</summary>
    public required IReadOnlyList<CopyDump> Copies { get; init; }

    /// <summary>The superblock, if it is open.</summary>
    public SuperblockDump? Superblock { get; init; }

    /// <summary>The active map first, and the missed maps that were read.</summary>
    public required IReadOnlyList<MapDump> Maps { get; init; }

    /// <summary>Describes the metadata of a leg.</summary>
    /// <param name="reading">The four copies of its superblock.</param>
    /// <param name="maps">Its maps.</param>
    public static LegDump Of(SuperblockReading reading, IEnumerable<MapDump> maps) => new()
    {
        Outcome = reading.Outcome.ToString(),
        Fault = reading.Fault,
        Copies = [.. reading.Copies.Select((copy, index) => CopyDump.Of(reading, copy, index))],
        Superblock = reading.Superblock is { } superblock ? SuperblockDump.Of(superblock, reading.Sequence) : null,
        Maps = [.. maps],
    };

    /// <summary>The lines for people: a name, a colon and a value each, indented by section.</summary>
    public IEnumerable<string> Lines() =>
        (string[])
        [
            $"superblock: {Outcome}{(Fault is null ? "" : $": {Fault}")}",
            .. Copies.Select(copy => $"  copy {copy.Copy}: {copy}"),
            .. Superblock?.Lines().Select(line => $"  {line}") ?? [],
            .. Maps.SelectMany(map => map.Lines()),
        ];
}

/// <summary>One copy of the superblock.</summary>
/// <param name="Copy">The number of the copy, from 0.</param>
/// <param name="State">Valid, or what is wrong.</param>
/// <param name="IsCurrent">The copy equals the superblock that is open.</param>
/// <param name="Sequence">The sequence; 0 unless the checksum is correct.</param>
/// <param name="Fault">Why the copy is not valid.</param>
internal sealed record CopyDump(int Copy, string State, bool IsCurrent, ulong Sequence, string? Fault)
{
    public static CopyDump Of(SuperblockReading reading, SuperblockCopy copy, int index) =>
        new(index, copy.State.ToString(), (reading.Current & (1 << index)) != 0, copy.Sequence, copy.Fault);

    public override string ToString() =>
        Fault ?? $"valid, sequence {Sequence}{(IsCurrent ? "" : ", not the present state")}";
}

/// <summary>One map.</summary>
/// <param name="Name">The active map, or the missed map of a member.</param>
/// <param name="RegionBytes">The bytes that one bit stands for.</param>
/// <param name="Count">The number of bits set, those of bad pages included.</param>
/// <param name="Ranges">The first ranges of bits set.</param>
/// <param name="IsCut">There are more ranges than listed.</param>
/// <param name="Faults">The bad pages.</param>
internal sealed record MapDump(
    string Name,
    long RegionBytes,
    long Count,
    IReadOnlyList<string> Ranges,
    bool IsCut,
    IReadOnlyList<MapFault> Faults)
{
    /// <summary>Describes an active map.</summary>
    public static MapDump Of(ActiveMap map, RegionSet extents) =>
        Of("active map", LegGeometry.ExtentShift, extents, map.Faults);

    /// <summary>Describes a missed map.</summary>
    public static MapDump Of(MissedMap map, RegionSet regions) =>
        Of($"missed map of member {map.Member}", LegGeometry.RegionShift, regions, map.Faults);

    /// <summary>The lines for people.</summary>
    public IEnumerable<string> Lines() =>
        (string[])
        [
            $"{Name}: {Count.ToString(CultureInfo.InvariantCulture)} of {RegionBytes >> 10} KiB",
            .. Ranges.Select(range => $"  {range}"),
            .. IsCut ? (string[])["  more ranges are not listed"] : [],
            .. Faults.Select(fault => $"  page {fault.Page} {fault.Reason}: all of its bits are set"),
        ];

    private static MapDump Of(string name, int shift, RegionSet set, IReadOnlyList<MapFault> faults)
    {
        var ranges = set.Ranges().Take(LegDump.MaxRanges + 1).Select(range => range.ToString()).ToList();
        return new(
            name,
            1L << shift,
            set.Count,
            [.. ranges.Take(LegDump.MaxRanges)],
            ranges.Count > LegDump.MaxRanges,
            [.. faults]);
    }
}
