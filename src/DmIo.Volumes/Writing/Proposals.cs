using DmIo.Io;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Protocol;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Writing;

/// <summary>
/// The records of a writer: one is proposed at a time. A lost leg is proposed out of S at once, even if another
/// proposal is not chosen yet; until then proposals only shrink S (VM12).
/// </summary>
internal sealed class Proposals(WriterState state)
{
    private ulong number;
    private MemberSet accepted;

    // The voters that hold the chosen record.
    private MemberSet informed;
    private MemberSet refusing;

    // The change of voters that is to be begun; null: none is.
    private VolumeConfiguration? wantedConfiguration;

    /// <summary>The number of the session that is to be opened; 0: none is.</summary>
    internal ulong WantedSession { get; set; }

    /// <summary>Nothing is to be done but to write down that the legs are equal.</summary>
    internal bool WantsClean { get; set; }

    /// <summary>The clean record also says that an operator stopped the volume.</summary>
    internal bool WantsStopped { get; set; }

    /// <summary>The writer serves, and no change of voters has begun or is to be begun.</summary>
    internal bool MayChange => state is { IsActive: true, IsFenced: false } && !state.Chosen.Configuration.IsJoint
        && wantedConfiguration is null && !(state.Proposed?.Configuration.IsJoint ?? false);

    /// <summary>The size to which the volume is to grow; the zeroes of the new area are durable.</summary>
    internal ByteSize WantedSize { get; set; }

    internal bool IsIdle => state is { Proposed: null, Failed.IsEmpty: true, HasReportedPowerLoss: false }
        && wantedConfiguration is null && !state.Chosen.Configuration.IsJoint && WantedSize <= state.Chosen.Size
        && !WantsClean && WantsStopped == state.Chosen.IsStopped
        && !(state.WantsDirty && state.Chosen.IsClean) && WantedSession <= state.Chosen.Session;

    /// <summary>The request for a voter; null: it has accepted what is proposed or chosen.</summary>
    internal VoterRequest? RequestTo(int member)
    {
        if (state.Proposed is { } proposed)
        {
            return accepted[member] ? null : new Accept(proposed);
        }

        return number == 0 || informed[member] ? null : new Accept(state.Chosen);
    }

    /// <summary>The voters that have accepted what is proposed.</summary>
    internal MemberSet AcceptedBy => accepted;

    /// <summary>Proposes the first record of the epoch.</summary>
    internal void ProposeFirst(VolumeRecord record) => Propose(record);

    /// <summary>Begins to add a voter; false: voters cannot be changed now.</summary>
    internal bool Add(Guid id, byte member, bool isWitness)
    {
        if (MayChange)
        {
            wantedConfiguration = state.Chosen.Configuration.Adding(id, member, isWitness);
            return true;
        }

        return false;
    }

    /// <summary>Begins to remove a voter; false: voters cannot be changed now, or it is the last one that is
    /// needed.</summary>
    internal bool Remove(int member)
    {
        var configuration = state.Chosen.Configuration;
        if (!MayChange || !configuration.Voters[member] || (state.Live - MemberSet.Of(member)).IsEmpty)
        {
            return false;
        }

        wantedConfiguration = configuration.Removing(member);
        state.Removing = state.Removing.With(member);
        if (configuration.Legs[member])
        {
            state.FailLeg(member);
        }

        return true;
    }

    /// <summary>The voter has accepted a record. True: this makes the proposal chosen.</summary>
    internal bool Accepted(int member, RecordVersion version)
    {
        if (state.Proposed is not { } proposed || proposed.Version != version)
        {
            informed = version == state.Chosen.Version ? informed.With(member) : informed;
            return false;
        }

        accepted = accepted.With(member);
        var before = number == 1 ? MemberSet.None : state.InSync;
        if (!state.Rules.IsChosen(proposed, before, accepted))
        {
            return false;
        }

        Chosen(proposed);
        return true;
    }

    /// <summary>The voter has promised a higher epoch. Where no quorum is left, another writer has taken
    /// over.</summary>
    internal void Refused(int member)
    {
        refusing = refusing.With(member);
        var left = state.Chosen.Configuration.Voters - refusing;
        var record = state.Proposed ?? state.Chosen;
        if (!state.Rules.IsChosen(record with { InSync = record.InSync & left }, MemberSet.None, left)
            || (record.InSync & left).IsEmpty)
        {
            state.IsFenced = true;
        }
    }

    internal bool Advance()
    {
        if (!state.HasRecord || state.IsFenced || Desired() is not { } record)
        {
            return false;
        }

        Propose(record);
        return true;
    }

    private VolumeRecord? Desired()
    {
        var due = state.Failed & (state.InSync | state.ProposedSince);
        var live = state.InSync - state.Failed;
        if (!due.IsEmpty)
        {
            var isProposed = state.Proposed is { } proposed && proposed.InSync == live;
            return live.IsEmpty || isProposed ? null : state.Chosen with { InSync = live, IsClean = false };
        }

        if (!state.IsActive || state.Proposed is not null)
        {
            return null;
        }

        if (WantedSession > state.Chosen.Session)
        {
            return state.Chosen with { Session = WantedSession, IsClean = false };
        }

        if (state.HasReportedPowerLoss && state.Chosen.IsPowerLost)
        {
            return state.Chosen with { IsPowerLost = false };
        }

        if (WithReturned() is { } returned)
        {
            return returned;
        }

        if (WantedSize > state.Chosen.Size)
        {
            return state.Chosen with { Size = WantedSize };
        }

        if (Change() is { } change)
        {
            return state.Chosen with { Configuration = change };
        }

        if (state.Chosen.IsClean)
        {
            return state.WantsDirty ? state.Chosen with { IsClean = false }
                : WantsStopped && !state.Chosen.IsStopped ? state.Chosen with { IsStopped = true }
                : null;
        }

        return Clean();
    }

    /// <summary>A change of voters has two records: in between, both the old and the new voters choose. A change that
    /// was begun is ended, also by a later writer. A leg leaves S before it is removed.</summary>
    private VolumeConfiguration? Change()
    {
        if (state.Chosen.Configuration.IsJoint)
        {
            return state.Chosen.Configuration.Settled();
        }

        return wantedConfiguration is { } wanted
            && !(state.Acknowledgment | state.Targets).Overlaps(wanted.Old - wanted.New)
            ? wanted
            : null;
    }

    private VolumeRecord? WithReturned()
    {
        var grown = state.InSync;
        foreach (var member in state.Joined)
        {
            grown = state.Legs[member].JoinFlush == FlushProgress.Done ? grown.With(member) : grown;
        }

        return grown == state.InSync ? null : state.Chosen with { InSync = grown, IsClean = false };
    }

    private VolumeRecord? Clean()
    {
        if (!WantsClean || !state.Failed.IsEmpty || state.InFlight.Count != 0 || !state.Unresolved.IsEmpty)
        {
            return null;
        }

        foreach (var member in state.Acknowledgment)
        {
            if (!state.Legs[member].Active.IsEmpty)
            {
                return null;
            }
        }

        return state.Chosen with { IsClean = true, IsStopped = WantsStopped };
    }

    private void Propose(VolumeRecord record)
    {
        number++;
        state.Proposed = record with { Version = new RecordVersion(state.Epoch, number) };
        state.ProposedSince |= record.InSync;
        state.MayBeClean |= record.IsClean;
        accepted = MemberSet.None;
        state.Host.RequestsChanged();
    }

    private void Chosen(VolumeRecord record)
    {
        var removed = state.Failed - record.InSync;
        foreach (var added in record.Configuration.Legs - state.Chosen.Configuration.Legs)
        {
            state.Legs[added].Missed.SetRange(new RegionRange(0, state.Regions));
        }

        (state.Chosen, state.Proposed) = (record, null);
        state.Removing &= record.Configuration.Voters;
        wantedConfiguration = record.Configuration.Equals(wantedConfiguration) ? null : wantedConfiguration;
        (state.ProposedSince, informed, accepted) = (MemberSet.None, accepted, MemberSet.None);
        state.Failed -= removed;
        state.Joined -= record.InSync;
        state.MayBeClean = record.IsClean;
        state.WantsDirty &= record.IsClean;
        WantsClean &= !record.IsClean;
        state.HasReportedPowerLoss &= record.IsPowerLost;
        foreach (var member in record.InSync)
        {
            var leg = state.Legs[member];
            if (leg.Phase == LegPhase.Syncing)
            {
                leg.Phase = LegPhase.InSync;
                (leg.JoinBarrier, leg.JoinFlush) = (null, FlushProgress.None);
            }
        }

        state.Host.RequestsChanged();
        state.Host.StateChanged();
    }
}
