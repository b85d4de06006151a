using System.Text.Json.Serialization;
using DmIo.AspNetCore.Documents;
using DmIo.Volumes;
using DmIo.Volumes.Dump;
using Spectre.Console;

namespace DmIo.Cli.Reports;

/// <summary>The output of <c>dmio volume status</c>. Sizes are in bytes.</summary>
internal sealed record VolumeReport
{
    public required string Volume { get; init; }

    public required Guid Id { get; init; }

    /// <summary>Closed, Unclean, or Stopped; of an open volume, its <c>VolumeState</c>.</summary>
    public required string State { get; init; }

    /// <summary>The round of the epoch of the newest record.</summary>
    public required ulong Epoch { get; init; }

    /// <summary>The number of the newest record in its epoch.</summary>
    public required ulong Record { get; init; }

    /// <summary>The members that hold every acknowledged write.</summary>
    public required IReadOnlyList<int> InSync { get; init; }

    public required bool Clean { get; init; }

    public required long Size { get; init; }

    public required IReadOnlyList<VolumeLegReport> Legs { get; init; }

    /// <summary>The witnesses.</summary>
    public required IReadOnlyList<WitnessReport> Witness { get; init; }

    /// <summary>Why an open volume is suspended; null: it is not.</summary>
    public SuspensionDocument? Suspension { get; init; }

    /// <summary>Devices that were named and are no part of the volume, with the reason; null: none.</summary>
    public IReadOnlyList<MissingReport>? Unusable { get; init; }

    /// <summary>An open volume of a running service.</summary>
    internal static VolumeReport Of(VolumeDocument volume) => new()
    {
        Volume = volume.Volume,
        Id = volume.Id,
        State = volume.State,
        Epoch = volume.Epoch,
        Record = volume.Record,
        InSync = volume.InSync,
        Clean = volume.Clean,
        Size = volume.Size.Bytes,
        Legs = [.. volume.Legs.Select(leg => new VolumeLegReport
        {
            Member = leg.Member,
            Device = leg.Device,
            Metadata = leg.Metadata,
            State = leg.State,
            MissedBytes = leg.MissedBytes,
            Resync = leg.Resync,
            Cause = leg.Cause,
        })],
        Witness = [.. volume.Witnesses.Select(witness => new WitnessReport(witness.Device, witness.Reachable))],
        Suspension = volume.Suspension,
    };

    /// <param name="volume">The volume.</param>
    /// <param name="found">The devices that were named.</param>
    /// <param name="textOf">Returns the text of the command line for the name of a device.</param>
    internal static VolumeReport Of(
        ClosedVolume volume, IReadOnlyList<LegInspection> found, Func<string, string> textOf)
    {
        var record = volume.Record;
        var used = volume.Legs.Concat(volume.Witnesses).Select(member => member.Devices).ToHashSet();
        var unusable = found.Where(device => !used.Contains(device.Devices)).Select(device => new MissingReport(
            textOf(device.Device), device.Reading.Fault ?? "The volume has no such leg or witness.")).ToList();
        return new VolumeReport
        {
            Volume = volume.Name,
            Id = volume.Id,
            State = record.IsStopped ? "Stopped" : record.IsClean ? "Closed" : "Unclean",
            Epoch = record.Version.Epoch.Round,
            Record = record.Version.Number,
            InSync = [.. Enumerable.Range(0, 16).Where(member => record.InSync[member])],
            Clean = record.IsClean,
            Size = record.Size.Bytes,
            Legs = [.. volume.Legs.Select(leg => new VolumeLegReport
            {
                Member = leg.Member,
                Device = TextOf(leg),
                Metadata = leg.Devices?.Metadata is { } metadata ? textOf(metadata) : null,
                State = leg.State.ToString(),
                MissedBytes = leg.Missed.Bytes,
            })],
            Witness = [.. volume.Witnesses.Select(witness => new WitnessReport(
                TextOf(witness),
                IsReachable: null,
                witness.Accepted?.Version.Epoch.Round,
                witness.Accepted?.Version.Number))],
            Unusable = unusable.Count == 0 ? null : unusable,
        };

        string? TextOf(ClosedMember member) => member.Devices is { } devices ? textOf(devices.Data) : null;
    }

    internal void Write(TextWriter writer, bool isTerminal)
    {
        writer.WriteLine($"volume '{Volume}' ({Id}): {State}, {Quantity.Bytes(Size)}");
        writer.WriteLine(
            $"record {Record} of epoch {Epoch}, {(Clean ? "clean" : "not clean")}, in sync: "
            + string.Join(", ", InSync));
        if (Suspension is { } suspension)
        {
            writer.WriteLine(
                $"suspended for {Quantity.Seconds(suspension.Seconds)}: {suspension.Reason}"
                + TextOf("voters", suspension.MissingVoters) + TextOf("legs", suspension.MissingLegs));
        }

        var table = ReportConsole.NewTable(isTerminal, "Member", "Device", "State", "Missed");
        foreach (var leg in Legs)
        {
            table.AddRow(
                new Text($"{leg.Member}"),
                new Text(leg.Device is null ? "(not found)" : $"{new LegDevices(leg.Device, leg.Metadata)}"),
                new Text(leg.Cause is { } cause ? $"{leg.State} ({cause})" : leg.State),
                new Text(Quantity.Bytes(leg.MissedBytes)
                    + (leg.Resync is { } resync ? $", {Quantity.Bytes(resync.BytesPerSecond)}/s" : "")));
        }

        foreach (var witness in Witness)
        {
            table.AddRow(
                new Text("witness"),
                new Text(witness.Device ?? "(not found)"),
                new Text(witness.Text),
                new Text("-"));
        }

        ReportConsole.NewConsole(writer, isTerminal).Write(table);
        foreach (var device in Unusable ?? [])
        {
            writer.WriteLine($"{device.Device} is not used: {device.Reason}");
        }
    }

    private static string TextOf(string kind, IReadOnlyList<int> missing) =>
        missing.Count == 0 ? "" : $"; missing {kind}: {string.Join(", ", missing)}";
}

/// <summary>A leg of a volume.</summary>
internal sealed record VolumeLegReport
{
    public required int Member { get; init; }

    /// <summary>Null: it was not found.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required string? Device { get; init; }

    /// <summary>The device of the external metadata; null: it is not external.</summary>
    public string? Metadata { get; init; }

    public required string State { get; init; }

    /// <summary>The bytes that it lacks, as far as the legs in sync were found.</summary>
    public required long MissedBytes { get; init; }

    /// <summary>The progress of the copy to it; null: there is none, as in a closed volume.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public ResyncDocument? Resync { get; init; }

    /// <summary>Why it left the in-sync set of an open volume; null: it did not.</summary>
    public string? Cause { get; init; }
}

/// <summary>A witness of a volume.</summary>
/// <param name="Device">Null: it was not found.</param>
/// <param name="IsReachable">Of an open volume: its voter has answered recently.</param>
/// <param name="Epoch">Of a closed volume: the round of the epoch of the record that it accepted last.</param>
/// <param name="Record">The number of that record.</param>
internal sealed record WitnessReport(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Device,
    [property: JsonPropertyName("reachable")] bool? IsReachable,
    ulong? Epoch = null,
    ulong? Record = null)
{
    /// <summary>Its state for humans.</summary>
    [JsonIgnore]
    internal string Text => this switch
    {
        { IsReachable: { } isReachable } => isReachable ? "reachable" : "unreachable",
        { Record: { } record } => $"record {record} of epoch {Epoch}",
        _ => "-",
    };
}
