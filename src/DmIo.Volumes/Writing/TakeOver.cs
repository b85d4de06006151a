using DmIo.Volumes.Protocol;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Writing;

/// <summary>How far a take-over has come.</summary>
internal enum TakeOverPhase
{
    /// <summary>Not begun, or refused: the next attempt needs a fresh Guid.</summary>
    Idle,

    /// <summary>Voters are asked whether they would promise; nothing changes (VR2).</summary>
    Asking,

    /// <summary>Voters are asked for their promises.</summary>
    Preparing,

    /// <summary>The first record is proposed.</summary>
    Proposing,

    /// <summary>The legs are attached, and their maps read.</summary>
    Attaching,

    /// <summary>What legs outside S miss is written on the legs of S.</summary>
    WritingMissed,

    /// <summary>The writer serves.</summary>
    Done,
}

/// <summary>
/// One attempt to become the writer of a volume.
/// <list type="bullet">
/// <item>S' is chosen only from legs of the newest record's S that have promised and are drained.</item>
/// <item>Nothing is read from a leg or written to it before the first record is chosen.</item>
/// </list>
/// </summary>
internal sealed class TakeOver(WriterState state, Proposals proposals, WriterPolicy policy)
{
    private readonly Promise?[] promises = new Promise?[MemberSet.Capacity];
    private Guid attempt;
    private Epoch highest;
    private MemberSet willing;
    private VolumeRecord newest = state.Chosen;
    private bool wasClean;
    private MissedStep? missed;

    // The voters that have answered since the take-over began, also if they refused.
    private MemberSet answered;
    private TimeSpan? waitsForPowerSince;

    internal TakeOverPhase Phase { get; private set; }

    /// <summary>The voters and legs that have answered by the deadline are enough: the others are not waited
    /// for.</summary>
    internal bool IsGraceOver { get; set; }

    /// <summary>An operator starts the volume: a record that says that it was stopped is replaced.</summary>
    internal bool StartsStopped { get; set; }

    /// <summary>The take-over ends without a record: an operator stopped the volume.</summary>
    internal bool IsStopped { get; private set; }

    /// <summary>Voters follow two lineages of which neither comes from the other: an operator must decide.</summary>
    internal bool IsForked { get; private set; }

    /// <summary>The voters that have promised, without those of an older lineage, and without those that were removed
    /// and whose number another one has now.</summary>
    internal MemberSet Promised
    {
        get
        {
            var promised = MemberSet.None;
            for (var i = 0; i < promises.Length; i++)
            {
                var isMember = promises[i]?.Record is { } seen && seen.Lineage == newest.Lineage
                    && seen.Configuration.IsSameVoter(newest.Configuration, i);
                promised = isMember ? promised.With(i) : promised;
            }

            return promised;
        }
    }

    internal void Begin(Guid fresh)
    {
        Invariant.Require(Phase == TakeOverPhase.Idle);
        (attempt, Phase) = (fresh, TakeOverPhase.Asking);
        state.Host.RequestsChanged();
    }

    internal VoterRequest? RequestTo(int member) => Phase switch
    {
        TakeOverPhase.Asking when !willing[member] => new PreVote(new Epoch(0, attempt), state.Owner),
        TakeOverPhase.Preparing when promises[member] is not { IsDrained: true } =>
            new Prepare(state.Epoch, state.Owner),
        _ => null,
    };

    /// <summary>A voter has answered anything.</summary>
    internal void Replied(int member) =>
        answered = Phase <= TakeOverPhase.Preparing ? answered.With(member) : answered;

    internal void WouldPromise(int member, Epoch promised)
    {
        if (Phase != TakeOverPhase.Asking)
        {
            return;
        }

        willing = willing.With(member);
        highest = promised > highest ? promised : highest;
        if (state.Rules.MayTakeOver(newest, willing))
        {
            Phase = TakeOverPhase.Preparing;
            state.Epoch = new Epoch(highest.Round + 1, attempt);
            state.Host.RequestsChanged();
        }
    }

    internal void Refused(Epoch promised)
    {
        highest = promised > highest ? promised : highest;
        if (Phase == TakeOverPhase.Preparing && promised > state.Epoch)
        {
            (Phase, willing) = (TakeOverPhase.Idle, MemberSet.None);
            Array.Clear(promises);
            state.Host.StateChanged();
        }
    }

    internal void PromiseReceived(int member, Promise promise)
    {
        if (Phase == TakeOverPhase.Preparing && promise.Epoch == state.Epoch)
        {
            promises[member] = promise;
            Compare(promise.Record);
        }
    }

    internal void FirstRecordChosen()
    {
        Phase = TakeOverPhase.Attaching;
        foreach (var member in state.InSync)
        {
            var leg = state.Legs[member];
            (leg.Phase, leg.Attempt) = (LegPhase.Attaching, 1);
            leg.Incarnation = promises[member]?.Incarnation ?? Guid.Empty;
        }

        Array.Clear(promises);
        answered = MemberSet.None;
        state.Host.RequestsChanged();
    }

    /// <summary>The voters that have not answered, if that keeps the take-over from going on.</summary>
    internal MemberSet Silent =>
        IsGraceOver && Phase <= TakeOverPhase.Preparing ? newest.Configuration.Voters - answered : MemberSet.None;

    /// <summary>What the take-over waits for that may never come; null: it progresses.</summary>
    /// <param name="isUnchosen">The first record is proposed for longer than its round trip takes.</param>
    internal Obstacle? ObstacleOf(bool isUnchosen)
    {
        var (voters, usable) = (newest.Configuration.Voters, (Promised & Drained) - Blank);
        return this switch
        {
            { IsForked: true } => new(SuspendReason.Forked, MemberSet.None, MemberSet.None),
            { IsGraceOver: false } => null,
            { Phase: <= TakeOverPhase.Preparing } when !state.Rules.MayTakeOver(newest, answered) =>
                new(SuspendReason.NoRecordQuorum, voters - answered, newest.InSync - answered),
            { Phase: TakeOverPhase.Preparing } when state.Rules.MayTakeOver(newest, Promised) =>
                new(SuspendReason.NoInSyncLeg, MemberSet.None, newest.InSync - usable),
            { Phase: TakeOverPhase.Proposing } when isUnchosen =>
                new(SuspendReason.NoRecordQuorum, voters - proposals.AcceptedBy, MemberSet.None),
            { Phase: > TakeOverPhase.Proposing } when !state.Failed.IsEmpty =>
                new(SuspendReason.NoInSyncLeg, MemberSet.None, state.Failed),
            _ => null,
        };
    }

    internal bool Advance(TimeSpan now) => Phase switch
    {
        TakeOverPhase.Preparing => TryPropose(now),
        TakeOverPhase.Attaching => TryReadMaps(),
        TakeOverPhase.WritingMissed => TryServe(),
        _ => false,
    };

    private void Compare(VolumeRecord seen)
    {
        if (seen.Lineage == newest.Lineage)
        {
            newest = seen.Version > newest.Version ? seen : newest;
        }
        else if (seen.ParentLineage == newest.Lineage)
        {
            newest = seen;
        }
        else if (newest.ParentLineage != seen.Lineage)
        {
            IsForked = true;
        }
    }

    private MemberSet Drained => Promising(static promise => promise.IsDrained);

    private MemberSet Blank => Promising(static promise => promise.IsBlank);

    private MemberSet Promising(Func<Promise, bool> isMeant)
    {
        var members = MemberSet.None;
        for (var i = 0; i < promises.Length; i++)
        {
            members = promises[i] is { } promise && isMeant(promise) ? members.With(i) : members;
        }

        return members;
    }

    private bool TryPropose(TimeSpan now)
    {
        var promised = Promised;
        if (IsForked || !state.Rules.MayTakeOver(newest, promised))
        {
            return false;
        }

        if (newest.IsStopped && !StartsStopped)
        {
            Stopped();
            return false;
        }

        var drained = Drained;
        var continuous = newest.IsClean ? promised : Promising(static promise => promise.IsContinuous);
        if (!IsGraceOver && !newest.InSync.IsSubsetOf(promised & drained))
        {
            return false;
        }

        var candidates = state.Rules.Candidates(newest, promised, drained) - Blank;
        var chosen = candidates & continuous;
        var isPowerLost = chosen.IsEmpty;
        if (isPowerLost)
        {
            chosen = state.Rules.WaitsForPower(newest, promised & drained) && !MayServeAfterPowerLoss(now)
                ? MemberSet.None
                : candidates;
        }

        if (chosen.IsEmpty)
        {
            return false;
        }

        Propose(chosen, isPowerLost);
        return true;
    }

    private bool MayServeAfterPowerLoss(TimeSpan now)
    {
        waitsForPowerSince ??= now;
        return policy.ServesAfterPowerLoss && now - waitsForPowerSince >= policy.PowerLossTimeout;
    }

    private void Stopped()
    {
        if (!IsStopped)
        {
            IsStopped = true;
            state.Host.StateChanged();
        }
    }

    private void Propose(MemberSet chosen, bool isPowerLost)
    {
        wasClean = newest.IsClean;
        state.TakenOverFrom = newest.Version.Epoch;
        var isRecorded = isPowerLost && state.Rules.RecordsPowerLoss;
        state.Chosen = newest;
        state.TakenOver = chosen;
        state.MustReportPowerLoss = isPowerLost || newest.IsPowerLost;
        Phase = TakeOverPhase.Proposing;
        proposals.ProposeFirst(newest with
        {
            InSync = chosen,
            IsClean = false,
            IsStopped = false,
            IsPowerLost = newest.IsPowerLost || isRecorded,
            PowerLossSession = isRecorded ? newest.Session : newest.PowerLossSession,
        });
    }

    private bool TryReadMaps()
    {
        if (!state.Failed.IsEmpty || state.InSync.IsEmpty)
        {
            return false;
        }

        foreach (var member in state.InSync)
        {
            if (state.Legs[member].Maps is null)
            {
                return false;
            }
        }

        foreach (var member in state.InSync)
        {
            Use(state.Legs[member]);
        }

        foreach (var member in state.Chosen.Configuration.Legs - state.InSync)
        {
            var leg = state.Legs[member];
            leg.Missed.UnionWith(state.Unresolved);
            foreach (var holder in state.InSync)
            {
                leg.Missed.UnionWith(state.Legs[holder].Maps!.Missed[member]);
            }

            // A bad page, or a growth that was not chosen, may have set bits beyond the end.
            leg.Missed.ClearRange(state.Beyond);
        }

        foreach (var member in state.InSync)
        {
            var leg = state.Legs[member];
            leg.Unflushed.UnionWith(state.Unresolved);
            leg.Maps = null;
        }

        WriteMissed();
        Phase = TakeOverPhase.WritingMissed;
        return true;
    }

    private void Use(WriterLeg leg)
    {
        leg.Phase = LegPhase.InSync;
        leg.Active.UnionWith(leg.Maps!.Active);
        if (!wasClean && state.Rules.ResolvesActiveExtents)
        {
            state.Unresolved.UnionWithExtents(leg.Active, state.Regions);
        }
    }

    private bool TryServe()
    {
        Invariant.Require(missed is not null);
        if (!missed.IsOver)
        {
            return false;
        }

        state.InFlight.Remove(missed);
        if (state.Live.IsEmpty)
        {
            return false;
        }

        if (!state.Live.IsSubsetOf(missed.Done))
        {
            WriteMissed();
            return true;
        }

        missed = null;
        Phase = TakeOverPhase.Done;
        state.IsActive = true;
        state.Host.StateChanged();
        return true;
    }

    private void WriteMissed()
    {
        missed = new MissedStep();
        state.Send(missed, state.Live);
        state.Host.WriteMissed(missed);
    }
}
