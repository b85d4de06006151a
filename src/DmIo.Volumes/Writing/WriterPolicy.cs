namespace DmIo.Volumes.Writing;

/// <summary>What a writer does while it cannot serve. Unlike <see cref="WriterRules"/>, its user chooses.</summary>
internal sealed record WriterPolicy
{
    /// <summary>The fewest legs in sync with which the volume serves.</summary>
    internal int MinInSync { get; init; } = 1;

    /// <summary>How long operations wait while the volume is suspended, before they are answered; null: for
    /// ever.</summary>
    internal TimeSpan? HoldsFor { get; init; }

    /// <summary>VR11: a read is answered when a quorum of voters has confirmed, after it was done, that no other writer
    /// has taken the volume over.</summary>
    internal bool ConfirmsReads { get; init; }

    /// <summary>After a power failure, a take-over does not wait forever for the legs that have not
    /// answered.</summary>
    internal bool ServesAfterPowerLoss { get; init; }

    /// <summary>How long it waits for them then.</summary>
    internal TimeSpan PowerLossTimeout { get; init; }
}
