using DmIo.Volumes.Record;

namespace DmIo.Volumes.Dump;

/// <summary>The fields of a superblock as names and texts, in the order of their bytes.</summary>
/// <param name="Fields">The fields of the superblock.</param>
/// <param name="Record">The fields of the accepted record; empty: there is none.</param>
/// <param name="Voters">The voters of the accepted record.</param>
internal sealed record SuperblockDump(
    IReadOnlyDictionary<string, string> Fields,
    IReadOnlyDictionary<string, string> Record,
    IReadOnlyList<string> Voters)
{
    public static SuperblockDump Of(Superblock superblock, ulong sequence) => new(
        new OrderedDictionary<string, string>(FieldsOf(superblock, sequence)),
        new OrderedDictionary<string, string>(superblock.Accepted is { } record ? FieldsOf(record) : []),
        [.. superblock.Accepted?.Configuration.Slots.Select(Describe) ?? []]);

    /// <summary>The lines for people.</summary>
    public IEnumerable<string> Lines() =>
        (string[])
        [
            .. Fields.Select(field => $"{field.Key}: {field.Value}"),
            Record.Count == 0 ? "record: none" : "record:",
            .. Record.Select(field => $"  {field.Key}: {field.Value}"),
            .. Voters.Select(voter => $"  voter: {voter}"),
        ];

    private static IEnumerable<KeyValuePair<string, string>> FieldsOf(Superblock superblock, ulong sequence)
    {
        var (geometry, continuity) = (superblock.Geometry, superblock.Continuity);
        return Pairs(
            ("format version", SuperblockCodec.FormatVersion),
            ("sequence", sequence),
            ("volume", superblock.Volume),
            ("leg", superblock.Leg),
            ("member", superblock.Member),
            ("state", superblock.State),
            ("promised", Describe(superblock.Promised)),
            ("metadata", geometry.Placement),
            ("metadata length", geometry.MetadataLength),
            ("data start", geometry.DataStart),
            ("maximum size", geometry.MaximumSize),
            ("active maps", geometry.ActiveMaps),
            ("missed maps", geometry.MissedMaps),
            ("checksums", geometry.Checksums.Bytes == 0 ? "none" : geometry.Checksums),
            ("generation", superblock.Generation),
            ("last in sync", Describe(superblock.LastInSync)),
            ("corrected reads", superblock.CorrectedReads),
            ("name", superblock.Name),
            ("host", superblock.Host),
            ("continuity", continuity.IsEnded ? "ended" : continuity.BootId == Guid.Empty ? "never begun" : "kept"),
            ("boot", continuity.BootId),
            ("disk sequence", continuity.DiskSequence),
            ("file device", continuity.File.Device),
            ("file inode", continuity.File.Inode),
            ("file birth time", continuity.File.BirthTime));
    }

    private static IEnumerable<KeyValuePair<string, string>> FieldsOf(VolumeRecord record) => Pairs(
        ("version", Describe(record.Version)),
        ("rule", record.Configuration.RuleOf(record.Configuration.New)),
        ("size", record.Size),
        ("in sync", record.InSync),
        ("clean", record.IsClean),
        ("stopped", record.IsStopped),
        ("power lost", record.IsPowerLost),
        ("session", record.Session),
        ("power-loss session", record.PowerLossSession),
        ("lineage", record.Lineage),
        ("parent lineage", record.ParentLineage));

    private static string Describe(Epoch epoch) => epoch == Epoch.None ? "none" : $"{epoch.Round}/{epoch.Writer}";

    private static string Describe(RecordVersion version) =>
        version == default ? "none" : $"{Describe(version.Epoch)}.{version.Number}";

    private static string Describe(VoterSlot slot)
    {
        var votes = (slot.IsOld, slot.IsNew) switch
        {
            (true, true) => "",
            (true, false) => ", only in the old configuration",
            _ => ", only in the new configuration",
        };
        return $"member {slot.Member}, {(slot.IsWitness ? "witness" : "leg")} {slot.Id}{votes}";
    }

    private static IEnumerable<KeyValuePair<string, string>> Pairs(params (string Name, object Value)[] fields) =>
        fields.Select(field => new KeyValuePair<string, string>(field.Name, field.Value.ToString() ?? ""));
}
