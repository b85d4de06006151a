namespace DmIo.Volumes;

/// <summary>Why a volume serves nothing.</summary>
public enum SuspendReason
{
    /// <summary>Too few voters answer to store a record, or to keep other writers out.</summary>
    NoRecordQuorum,

    /// <summary>No leg with every acknowledged write can be used.</summary>
    NoInSyncLeg,

    /// <summary>Fewer legs are in sync than <see cref="VolumeOptions.MinInSync"/>.</summary>
    BelowMinInSync,

    /// <summary>Its voters follow two lineages of which neither comes from the other: an operator must
    /// decide.</summary>
    Forked,
}

/// <summary>The suspension of a volume.</summary>
/// <param name="Reason">Why it serves nothing.</param>
/// <param name="MissingVoters">The numbers of the legs and witnesses that do not answer.</param>
/// <param name="MissingLegs">The numbers of the legs that would be needed and cannot be used.</param>
/// <param name="Lasted">How long it has served nothing.</param>
public sealed record VolumeSuspension(
    SuspendReason Reason,
    IReadOnlyList<int> MissingVoters,
    IReadOnlyList<int> MissingLegs,
    TimeSpan Lasted);
