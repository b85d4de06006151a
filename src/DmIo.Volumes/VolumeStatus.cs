using DmIo.Io;
using DmIo.Volumes.Record;

namespace DmIo.Volumes;

/// <summary>The state of a volume.</summary>
public enum VolumeState
{
    /// <summary>The take-over has not ended.</summary>
    Preparing,

    /// <summary>It serves, and resolves what may differ between its legs.</summary>
    Recovering,

    /// <summary>Every leg is in sync.</summary>
    Healthy,

    /// <summary>It serves, and a leg is not in sync.</summary>
    Degraded,

    /// <summary>It serves nothing: <see cref="VolumeStatus.Suspension"/> has the reason and what is
    /// missing.</summary>
    Suspended,

    /// <summary>Another writer has taken it over. Final.</summary>
    Fenced,

    /// <summary>An operator stopped it: only a start opens it again.</summary>
    Stopped,
}

/// <summary>The state of a leg of a volume.</summary>
/// <param name="Device">The name of its device with the data; empty: unknown, since it was not found.</param>
/// <param name="Member">Its number in the volume.</param>
/// <param name="State">Its state.</param>
/// <param name="Missed">What it lacks.</param>
/// <param name="Resync">How far its synchronization has come; null: it is not being synchronized.</param>
/// <param name="CorrectedReads">The reads that failed on it since the volume was opened, were answered from another leg
/// and corrected on it.</param>
public sealed record LegStatus(
    string Device, int Member, LegState State, ByteSize Missed, ResyncProgress? Resync, long CorrectedReads)
{
    /// <summary>The name of its device with the external metadata; null: the metadata is not external, or the leg was
    /// not found.</summary>
    public string? Metadata { get; init; }

    /// <summary>Why it left the in-sync set, as in "no answer for 8 s"; null: it is in sync, or was not found since the
    /// volume was opened.</summary>
    public string? Cause { get; init; }
}

/// <summary>The state of a witness of a volume.</summary>
/// <param name="Device">The name of its device; empty: unknown, since it was not found.</param>
/// <param name="Member">Its number in the volume.</param>
/// <param name="IsReachable">Its device is attached, and its voter has answered recently.</param>
public sealed record WitnessStatus(string Device, int Member, bool IsReachable);

/// <summary>How far the synchronization of a leg has come.</summary>
/// <param name="Copied">What was copied.</param>
/// <param name="Left">What is to be copied.</param>
/// <param name="BytesPerSecond">The rate of the last seconds.</param>
public sealed record ResyncProgress(ByteSize Copied, ByteSize Left, long BytesPerSecond)
{
    /// <summary>The time that is left at this rate; null: unknown.</summary>
    public TimeSpan? TimeLeft => BytesPerSecond > 0 ? TimeSpan.FromSeconds((double)Left.Bytes / BytesPerSecond) : null;
}

/// <summary>What a volume is and does.</summary>
/// <param name="Volume">Its name.</param>
/// <param name="State">Its state.</param>
/// <param name="Record">The chosen record.</param>
/// <param name="Legs">Its legs.</param>
/// <param name="Unresolved">What may differ between its legs, and is resolved when it is read.</param>
public sealed record VolumeStatus(
    string Volume, VolumeState State, VolumeRecord Record, IReadOnlyList<LegStatus> Legs, ByteSize Unresolved)
{
    /// <summary>Its witnesses.</summary>
    public IReadOnlyList<WitnessStatus> Witnesses { get; init; } = [];

    /// <summary>Why it is suspended; null: it is not.</summary>
    public VolumeSuspension? Suspension { get; init; }

    /// <summary>The epoch of its writer: the round of the chosen record.</summary>
    public ulong Epoch => Record.Version.Epoch.Round;

    /// <summary>One line for people.</summary>
    public override string ToString() =>
        $"Volume '{Volume}' is {State}{TextOfSuspension()}: record {Record.Version}, in sync {Record.InSync}; "
        + string.Join(", ", Legs.Select(TextOf).Concat(Witnesses.Select(TextOf)));

    private static string TextOf(LegStatus leg) =>
        $"leg {leg.Member} {NameOf(leg)} {leg.State}{(leg.Cause is { } cause ? $" ({cause})" : "")}";

    private static string TextOf(WitnessStatus witness) =>
        $"witness {witness.Member} {NameOf(witness.Device)} {(witness.IsReachable ? "reachable" : "unreachable")}";

    private static string NameOf(LegStatus leg) => NameOf(new LegDevices(leg.Device, leg.Metadata).ToString());

    private static string NameOf(string device) => device.Length == 0 ? "(not found)" : $"'{device}'";

    private string TextOfSuspension() => Suspension is { } suspension
        ? $" ({suspension.Reason}{TextOf("voters", suspension.MissingVoters)}{TextOf("legs", suspension.MissingLegs)})"
        : "";

    private string TextOf(string kind, IReadOnlyList<int> missing) => missing.Count == 0
        ? ""
        : $"; missing {kind}: {string.Join(", ", missing.Select(NameOfMember))}";

    private string NameOfMember(int member) =>
        Legs.FirstOrDefault(leg => leg.Member == member) is { } leg ? $"leg {member} {NameOf(leg)}"
        : $"witness {member} {NameOf(Witnesses.FirstOrDefault(witness => witness.Member == member)?.Device ?? "")}";
}

/// <summary>Published on the event stream when the state of a volume or of a leg has changed.</summary>
/// <param name="Status">The state now.</param>
public sealed record VolumeChanged(VolumeStatus Status);

/// <summary>Published on the event stream when a spare begins to replace a leg that stayed absent.</summary>
/// <param name="Volume">The name of the volume.</param>
/// <param name="Member">The number of the leg that is replaced.</param>
/// <param name="Spare">The devices of the new leg.</param>
public sealed record LegSpared(string Volume, int Member, LegDevices Spare);

/// <summary>A volume that an operator has forced.</summary>
/// <param name="Source">The device of the leg whose data is that of the volume. The other legs get a copy of all of it
/// when the volume is opened.</param>
/// <param name="Record">The first record of the new lineage.</param>
public sealed record ForcedVolume(string Source, VolumeRecord Record);
