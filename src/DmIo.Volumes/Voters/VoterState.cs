using DmIo.Volumes.Record;

namespace DmIo.Volumes.Voters;

/// <summary>What a voter holds durably. Immutable.</summary>
internal sealed record VoterState
{
    /// <summary>The member of the volume to which the voter belongs.</summary>
    public required int Member { get; init; }

    /// <summary>The highest promised epoch.</summary>
    public Epoch Promised { get; init; }

    /// <summary>The newest accepted record.</summary>
    public required VolumeRecord Record { get; init; }

    /// <summary>The generation of the last grant; it only grows.</summary>
    public ulong Generation { get; init; }

    /// <summary>A volatile cache of the leg may have been lost since the last grant.</summary>
    public bool IsContinuityEnded { get; init; }

    /// <summary>The state of the leg; None for a witness.</summary>
    public LegState Leg { get; init; }

    /// <summary>The state after the voter has accepted a record. A blank leg stays blank until a writer begins to
    /// copy to it (<see cref="Protocol.Mark"/>): if its file was truncated, it may still be in sync by a record.
    /// </summary>
    public VoterState Accepting(VolumeRecord record) => this with
    {
        Promised = record.Version.Epoch,
        Record = record,
        Leg = Leg is LegState.None or LegState.Blank ? Leg
            : record.InSync[Member] ? LegState.InSync
            : Leg == LegState.InSync ? LegState.Outdated
            : Leg,
    };

    /// <summary>What a superblock says that was opened.</summary>
    /// <param name="superblock">The superblock.</param>
    /// <param name="current">What identifies the caches below the leg now.</param>
    internal static VoterState Of(Superblock superblock, Continuity current) => new()
    {
        Member = superblock.Member,
        Promised = superblock.Promised,
        Record = superblock.Accepted!,
        Generation = superblock.Generation,
        IsContinuityEnded = current.IsEnded || !superblock.Continuity.Includes(current),
        Leg = superblock.State,
    };

    /// <summary>The superblock that holds the state.</summary>
    /// <param name="before">The present superblock.</param>
    /// <param name="current">What identifies the caches below the leg now.</param>
    internal Superblock In(Superblock before, Continuity current)
    {
        var isInSync = Record.InSync[Member];
        return before with
        {
            Promised = Promised,
            Accepted = Record,
            Generation = Generation,
            State = Leg,
            LastInSync = isInSync ? Record.Version : before.LastInSync,
            Continuity = current with { IsEnded = IsContinuityEnded },
        };
    }
}

/// <summary>What a voter needs from its surroundings. No method calls the voter back before it returns.</summary>
internal interface IVoterHost
{
    /// <summary>Writes the state durably; ends with <see cref="Voter.Persisted"/>. One call at a time.</summary>
    void Persist(VoterState state);

    /// <summary>Cuts every grant, so that no new I/O reaches the leg, and drains it; ends with
    /// <see cref="Voter.Drained"/>, or with <see cref="Voter.DrainLimitPassed"/> first.</summary>
    void CutAndDrain();

    /// <summary>Lets I/O of the generation reach the leg.</summary>
    void Grant(ulong generation);
}
