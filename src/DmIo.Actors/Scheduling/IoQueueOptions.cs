namespace DmIo.Actors.Scheduling;

/// <summary>How one device's queue orders its operations. Immutable.</summary>
internal sealed record IoQueueOptions
{
    internal SchedulingPolicy Policy { get; init; } = SchedulingPolicy.Fair;

    internal QueueDepth Depth { get; init; } = QueueDepth.Fixed(32);

    /// <summary>Policy deadline: how old a read may get before it goes ahead of the order of sectors.</summary>
    internal TimeSpan ReadExpiry { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Policy deadline: how old a write, discard or zeroing may get before it goes ahead.</summary>
    internal TimeSpan WriteExpiry { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long class best effort may get nothing because class real time takes everything; then it gets one operation,
    /// and the time begins anew.
    /// </summary>
    internal TimeSpan BestEffortExpiry { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The same for class idle.</summary>
    internal TimeSpan IdleExpiry { get; init; } = TimeSpan.FromSeconds(5);
}
