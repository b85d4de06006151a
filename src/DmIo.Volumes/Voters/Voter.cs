using DmIo.Volumes.Protocol;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Voters;

/// <summary>
/// The voter beside a leg, or a witness: promises epochs, holds the record, fences the leg. Knows no actors, no clock
/// and no device.
/// <list type="bullet">
/// <item>A reply other than Waiting is given only when its cause is durable.</item>
/// <item>The voter accepts nothing below <see cref="Fence"/>, and its leg takes no I/O below it (I2).</item>
/// <item>At most one grant is in force; a grant is given only after every earlier one was cut and drained.</item>
/// </list>
/// A request that gets Waiting is repeated by the writer; its host may also repeat it after <see cref="Drained"/> or
/// <see cref="Persisted"/>.
/// </summary>
internal sealed class Voter
{
    private readonly IVoterHost host;
    private readonly VoterRules rules;
    private VoterState durable;
    private VoterState? writing;
    private bool isFailed;

    // The fence: I/O below this epoch is cut.
    private Epoch fence;
    private bool isCut;
    private bool isDrained = true;
    private bool hasDrainLimitPassed;

    // The grant of (fence, attempt); 0: none.
    private int granted;
    private int lastCut;
    private int generationAttempt;

    private Guid incarnation;

    private Guid leaseHolder;
    private ulong leaseCounter;
    private ulong releasedCounter;
    private TimeSpan leaseEnd;

    /// <param name="host">Its surroundings.</param>
    /// <param name="rules">Its rules.</param>
    /// <param name="durable">What the superblock says.</param>
    /// <param name="incarnation">A fresh Guid.</param>
    /// <param name="isDrained">No I/O of an earlier process can reach the leg.</param>
    /// <param name="leaseEnd">The time until which a lease of an earlier process may be in force.</param>
    internal Voter(
        IVoterHost host, VoterRules rules, VoterState durable, Guid incarnation, bool isDrained, TimeSpan leaseEnd)
    {
        this.host = host;
        this.rules = rules;
        this.durable = durable;
        this.incarnation = incarnation;
        this.isDrained = isDrained;
        this.leaseEnd = leaseEnd;
        fence = durable.Promised;
        isCut = true;
    }

    /// <summary>What is durable.</summary>
    internal VoterState Durable => durable;

    /// <summary>The device has less room than the volume, so that the data of the leg is not used. Durable when a
    /// record without the leg is accepted: if the devices of all legs are too small, nothing is lost when they get
    /// their sizes again. A grant ends it.</summary>
    internal bool IsTooSmall { get; set; }

    /// <summary>The epoch below which nothing is accepted and no I/O reaches the leg.</summary>
    internal Epoch Fence => fence;

    /// <summary>The voter cannot write its state, and answers nothing.</summary>
    internal bool IsFailed => isFailed;

    /// <summary>Answers a request; null: the voter has failed, or the request needs no reply.</summary>
    /// <param name="request">The request.</param>
    /// <param name="now">The time on a clock that never goes back and counts suspended time.</param>
    internal VoterReply? Handle(VoterRequest request, TimeSpan now)
    {
        if (isFailed)
        {
            return null;
        }

        return request switch
        {
            PreVote ask => (VoterReply?)RefusalOfOwner(ask.Owner, now) ?? new WouldPromise(fence),
            Prepare prepare => HandlePrepare(prepare, now),
            Accept accept => HandleAccept(accept.Record),
            Attach attach => HandleAttach(attach),
            Detach detach => HandleDetach(detach),
            Mark mark => HandleMark(mark),
            Renew renew => HandleRenew(renew, now),
            Release release => HandleRelease(release),
            _ => throw new ArgumentOutOfRangeException(nameof(request), request, "The request is unknown."),
        };
    }

    /// <summary>The leg is drained: no I/O of a cut grant can reach it any more.</summary>
    internal void Drained() => isDrained = true;

    /// <summary>The limit of the drain passed. The leg is not drained, but the voter may answer.</summary>
    internal void DrainLimitPassed() => hasDrainLimitPassed = true;

    /// <summary>The write of <see cref="IVoterHost.Persist"/> ended.</summary>
    /// <param name="isOk">The state is durable. A voter that cannot write its state does not vote.</param>
    internal void Persisted(bool isOk)
    {
        Invariant.Require(writing is not null);
        if (!isOk)
        {
            isFailed = true;
            writing = null;
            return;
        }

        durable = writing;
        writing = null;
    }

    /// <summary>A flush or a write of the leg failed, or a volatile cache was lost. VM8: the failure may be answered to
    /// the writer only when this returns true; until then the host repeats the call.</summary>
    /// <param name="fresh">A fresh Guid, the same for all repetitions.</param>
    /// <param name="isTruncated">The leg lacks data of unknown extent: it is blank from now on.</param>
    internal bool EndContinuity(Guid fresh, bool isTruncated = false)
    {
        incarnation = fresh;
        var leg = isTruncated ? LegState.Blank : durable.Leg;
        if (isFailed || !rules.EndsContinuityOnFailure || (durable.IsContinuityEnded && durable.Leg == leg))
        {
            return true;
        }

        Persist(durable with { IsContinuityEnded = true, Leg = leg });
        return false;
    }

    private Refused? RefusalOfOwner(Guid owner, TimeSpan now) =>
        leaseEnd > now && rules.LeaseRefuses(leaseHolder, owner)
        ? new Refused(fence, leaseEnd - now)
        : null;

    private VoterReply HandlePrepare(Prepare prepare, TimeSpan now)
    {
        if (!rules.MayPromise(prepare.Epoch, fence))
        {
            return new Refused(fence, TimeSpan.Zero);
        }

        if (prepare.Epoch > fence && RefusalOfOwner(prepare.Owner, now) is { } refusal)
        {
            return refusal;
        }

        Raise(prepare.Epoch, rules.FencesBeforePromise);
        if (!IsFenced(rules.FencesBeforePromise) || !IsDurable(state => state with { Promised = prepare.Epoch },
            durable.Promised >= prepare.Epoch))
        {
            return Waiting.Instance;
        }

        return new Promise(
            prepare.Epoch,
            durable.Record,
            isDrained,
            !durable.IsContinuityEnded,
            incarnation,
            IsBlank: IsTooSmall || durable.Leg == LegState.Blank);
    }

    private VoterReply? HandleAccept(VolumeRecord record)
    {
        if (record.Version.Epoch < fence)
        {
            return new Refused(fence, TimeSpan.Zero);
        }

        // Records of two lineages are not ordered: a voter never follows another lineage. One that was removed does not
        // answer for the one that has its number now.
        if (record.Lineage != durable.Record.Lineage || record.Version < durable.Record.Version
            || !record.Configuration.IsSameVoter(durable.Record.Configuration, durable.Member))
        {
            return null;
        }

        var isAbove = record.Version.Epoch > fence;
        Raise(record.Version.Epoch, rules.FencesBeforeAccept);
        if ((isAbove || !isDrained) && granted == 0 && !IsFenced(rules.FencesBeforeAccept))
        {
            return Waiting.Instance;
        }

        // After a clean record, the next process uses a leg that cannot be fenced.
        if (record.IsClean && !isDrained)
        {
            return Waiting.Instance;
        }

        return IsDurable(
            state => Accepting(state, record),
            durable.Record.Version == record.Version && durable.Promised >= record.Version.Epoch)
            ? new Accepted(record.Version)
            : Waiting.Instance;
    }

    private VoterState Accepting(VoterState state, VolumeRecord record)
    {
        var after = state.Accepting(record);
        return IsTooSmall && !record.InSync[state.Member] ? after with { Leg = LegState.Blank } : after;
    }

    private VoterReply HandleAttach(Attach attach)
    {
        if (attach.Epoch != fence || durable.Promised != fence || durable.Record.Version.Epoch != fence)
        {
            return attach.Epoch < fence ? new Refused(fence, TimeSpan.Zero) : Waiting.Instance;
        }

        if (granted == attach.Attempt)
        {
            return isCut
                ? new AttachRefused(attach.Epoch, attach.Attempt)
                : new Granted(attach.Epoch, attach.Attempt, durable.Generation);
        }

        if (attach.Attempt < granted || attach.Attempt <= lastCut
            || (rules.ChecksIncarnation && attach.Incarnation != Guid.Empty && attach.Incarnation != incarnation))
        {
            return new AttachRefused(attach.Epoch, attach.Attempt);
        }

        Cut();
        if (!isDrained || !IsWritten(attach.Attempt))
        {
            return Waiting.Instance;
        }

        granted = attach.Attempt;
        (isCut, IsTooSmall) = (false, false);
        host.Grant(durable.Generation);
        return new Granted(attach.Epoch, attach.Attempt, durable.Generation);
    }

    /// <summary>The generation of an attachment is durable before its grant, and with it the begin of the leg's
    /// continuity.</summary>
    private bool IsWritten(int attempt)
    {
        if (writing is not null)
        {
            return false;
        }

        if (generationAttempt == attempt && !durable.IsContinuityEnded)
        {
            return true;
        }

        generationAttempt = attempt;
        Persist(durable with { Generation = durable.Generation + 1, IsContinuityEnded = false });
        return false;
    }

    private VoterReply HandleDetach(Detach detach)
    {
        if (detach.Epoch == fence && detach.Attempt >= granted)
        {
            lastCut = Math.Max(lastCut, detach.Attempt);
            Cut();
            return isDrained ? new Detached(detach.Epoch, detach.Attempt) : Waiting.Instance;
        }

        return isDrained || detach.Epoch == fence ? new Detached(detach.Epoch, detach.Attempt) : Waiting.Instance;
    }

    private VoterReply HandleMark(Mark mark)
    {
        if (mark.Epoch != fence || granted != mark.Attempt || isCut)
        {
            return new Refused(fence, TimeSpan.Zero);
        }

        return IsDurable(state => state with { Leg = mark.State }, durable.Leg == mark.State)
            ? new Marked(mark.Epoch, mark.Attempt)
            : Waiting.Instance;
    }

    private VoterReply HandleRenew(Renew renew, TimeSpan now)
    {
        if (renew.Epoch != fence || durable.Promised != fence
            || (leaseEnd > now && leaseHolder != renew.Owner)
            || (leaseHolder == renew.Owner && renew.Counter <= releasedCounter))
        {
            return new Refused(fence, TimeSpan.Zero);
        }

        if (leaseHolder != renew.Owner)
        {
            (leaseHolder, leaseCounter, releasedCounter) = (renew.Owner, 0, 0);
        }

        leaseCounter = Math.Max(leaseCounter, renew.Counter);
        leaseEnd = now + VolumeTiming.Lease;
        return new Leased(renew.Epoch, renew.Counter);
    }

    private VoterReply? HandleRelease(Release release)
    {
        if (leaseHolder == release.Owner)
        {
            releasedCounter = Math.Max(releasedCounter, release.Counter);
            if (rules.EndsLease(release.Counter, leaseCounter))
            {
                leaseEnd = TimeSpan.Zero;
            }
        }

        return null;
    }

    /// <summary>Raises the fence: from now on nothing below the epoch is accepted.</summary>
    private void Raise(Epoch epoch, bool cuts)
    {
        if (epoch <= fence)
        {
            return;
        }

        fence = epoch;
        (granted, lastCut, generationAttempt) = (0, 0, 0);
        if (cuts)
        {
            Cut();
        }
    }

    private void Cut()
    {
        if (!isCut)
        {
            isCut = true;
            isDrained = false;
            hasDrainLimitPassed = false;
            host.CutAndDrain();
        }
    }

    private bool IsFenced(bool isNeeded) => !isNeeded || isDrained || hasDrainLimitPassed;

    /// <summary>True if the state is durable; otherwise begins to write it, unless a write is in flight.</summary>
    private bool IsDurable(Func<VoterState, VoterState> change, bool isDone)
    {
        if (isDone)
        {
            return true;
        }

        if (writing is null)
        {
            Persist(change(durable));
        }

        return false;
    }

    private void Persist(VoterState state)
    {
        if (writing is null)
        {
            writing = state;
            host.Persist(state);
        }
    }
}
