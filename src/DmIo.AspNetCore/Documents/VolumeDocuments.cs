using System.Text.Json.Serialization;
using DmIo.Io;
using DmIo.Volumes;
using DmIo.Volumes.Client;

namespace DmIo.AspNetCore.Documents;

/// <summary>The open volumes of a service.</summary>
/// <param name="Volumes">The volumes, by name in ordinal order.</param>
public sealed record VolumesDocument(IReadOnlyList<VolumeDocument> Volumes);

/// <summary>The state of an open volume. Sizes are in bytes.</summary>
public sealed record VolumeDocument
{
    /// <summary>The name of its device.</summary>
    public required string Volume { get; init; }

    /// <summary>The Guid of the volume.</summary>
    public required Guid Id { get; init; }

    /// <summary>As <see cref="VolumeState"/>.</summary>
    public required string State { get; init; }

    /// <summary>The round of the epoch of its record.</summary>
    public required ulong Epoch { get; init; }

    /// <summary>The number of its record in the epoch.</summary>
    public required ulong Record { get; init; }

    /// <summary>The members that hold every acknowledged write.</summary>
    public required IReadOnlyList<int> InSync { get; init; }

    /// <summary>There is nothing to recover.</summary>
    public required bool Clean { get; init; }

    /// <summary>The size that its users see; in JSON <c>sizeBytes</c>, a number.</summary>
    [JsonPropertyName("sizeBytes")]
    public required ByteSize Size { get; init; }

    /// <summary>What may differ between its legs, and is resolved when it is read.</summary>
    public required long UnresolvedBytes { get; init; }

    /// <summary>Its legs, in the order of their numbers.</summary>
    public required IReadOnlyList<LegDocument> Legs { get; init; }

    /// <summary>Its witnesses, in the order of their numbers.</summary>
    public required IReadOnlyList<WitnessDocument> Witnesses { get; init; }

    /// <summary>Why it is suspended; null: it is not.</summary>
    public SuspensionDocument? Suspension { get; init; }

    internal static async Task<VolumeDocument> OfAsync(Volume volume, CancellationToken cancellation) =>
        Of(volume.Id, await volume.GetStatusAsync().WaitAsync(cancellation));

    internal static VolumeDocument Of(Guid id, VolumeStatus status) => new()
    {
        Volume = status.Volume,
        Id = id,
        State = status.State.ToString(),
        Epoch = status.Record.Version.Epoch.Round,
        Record = status.Record.Version.Number,
        InSync = [.. Enumerable.Range(0, Volumes.Record.MemberSet.Capacity)
            .Where(member => status.Record.InSync[member])],
        Clean = status.Record.IsClean,
        Size = status.Record.Size,
        UnresolvedBytes = status.Unresolved.Bytes,
        Legs = [.. status.Legs.Select(leg => new LegDocument(
            leg.Member,
            leg.Device.Length == 0 ? null : leg.Device,
            leg.State.ToString(),
            leg.Missed.Bytes,
            leg.Resync is { } resync
                ? new ResyncDocument(resync.Copied.Bytes, resync.Left.Bytes, resync.BytesPerSecond)
                : null,
            leg.CorrectedReads,
            leg.Cause)
        {
            Metadata = leg.Metadata,
        })],
        Witnesses = [.. status.Witnesses.Select(witness => new WitnessDocument(
            witness.Member, witness.Device.Length == 0 ? null : witness.Device, witness.IsReachable))],
        Suspension = status.Suspension is { } suspension
            ? new SuspensionDocument(
                suspension.Reason.ToString(),
                suspension.MissingVoters,
                suspension.MissingLegs,
                suspension.Lasted.TotalSeconds)
            : null,
    };
}

/// <summary>A leg of an open volume.</summary>
/// <param name="Member">Its number.</param>
/// <param name="Device">Its device; null: it was not found.</param>
/// <param name="State">As <see cref="LegStatus.State"/>.</param>
/// <param name="MissedBytes">What it lacks.</param>
/// <param name="Resync">The progress of the copy to it; null: there is none.</param>
/// <param name="CorrectedReads">As <see cref="LegStatus.CorrectedReads"/>.</param>
/// <param name="Cause">As <see cref="LegStatus.Cause"/>.</param>
public sealed record LegDocument(
    int Member,
    string? Device,
    string State,
    long MissedBytes,
    ResyncDocument? Resync,
    long CorrectedReads,
    string? Cause)
{
    /// <summary>Its device with the external metadata; null: the metadata is not external.</summary>
    public string? Metadata { get; init; }
}

/// <summary>A witness of an open volume.</summary>
/// <param name="Member">Its number.</param>
/// <param name="Device">Its device; null: it was not found.</param>
/// <param name="Reachable">Its voter has answered recently.</param>
public sealed record WitnessDocument(int Member, string? Device, bool Reachable);

/// <summary>Why a volume is suspended.</summary>
/// <param name="Reason">As <see cref="SuspendReason"/>.</param>
/// <param name="MissingVoters">The numbers of the legs and witnesses whose votes are missing.</param>
/// <param name="MissingLegs">The numbers of the legs that are missing.</param>
/// <param name="Seconds">How long the volume has been suspended.</param>
public sealed record SuspensionDocument(
    string Reason, IReadOnlyList<int> MissingVoters, IReadOnlyList<int> MissingLegs, double Seconds);

/// <summary>The progress of a copy to a leg.</summary>
/// <param name="CopiedBytes">What was copied.</param>
/// <param name="LeftBytes">What is to be copied.</param>
/// <param name="BytesPerSecond">The rate of the last seconds.</param>
public sealed record ResyncDocument(long CopiedBytes, long LeftBytes, long BytesPerSecond);

/// <summary>What the comparison of the legs has shown: <see cref="VerifyResult"/>.</summary>
/// <param name="ComparedBytes">What was compared.</param>
/// <param name="SkippedBytes">What could not be compared.</param>
/// <param name="Differences">Where legs differ, in ascending order.</param>
/// <param name="Next">The offset at which a later comparison continues; null: this one reached the end.</param>
public sealed record VerifyDocument(
    long ComparedBytes, long SkippedBytes, IReadOnlyList<DifferenceDocument> Differences, long? Next)
{
    internal static VerifyDocument Of(VerifyResult result) => new(
        result.Compared.Bytes,
        result.Skipped.Bytes,
        [.. result.Differences.Select(difference => new DifferenceDocument(
            difference.Offset.Bytes, difference.Length.Bytes, difference.Legs, difference.IsResynchronized))],
        result.Next?.Bytes);
}

/// <summary>A range in which legs differ: <see cref="VerifyDifference"/>.</summary>
/// <param name="Offset">Its first byte.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Legs">The devices of the legs that differ from most.</param>
/// <param name="Resynchronized">The range is copied to them.</param>
public sealed record DifferenceDocument(long Offset, long Length, IReadOnlyList<string> Legs, bool Resynchronized);
