using DmIo.Volumes.Protocol;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Writing;

/// <summary>
/// Why a writer cannot serve, since when, and what that means for operations and for the lease.
/// <code>
///   serves --an obstacle--> suspended: operations wait --HoldsFor--> expired: they are answered
///     ^                         +----------- no obstacle ----------------+
///     +------------------------------------------------------------------+
/// </code>
/// A take-over that this process begins again does not end the suspension; only a writer that serves does.
/// </summary>
internal sealed class Suspension(WriterState state, WriterPolicy policy, TakeOver takeOver, ReadLease lease)
{
    /// <summary>How long a record may be proposed, and a lease be missing, before voters count as missing.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan ReleaseAfter = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(16);

    private RecordVersion? proposed;
    private TimeSpan proposedAt;
    private TimeSpan? activeSince;
    private TimeSpan leasedAt;
    private bool lacksLease;
    private bool isReleased;
    private TimeSpan pause = ShortestPause;
    private TimeSpan renewsAt;

    /// <summary>Why the volume is suspended; null: it is not.</summary>
    internal SuspendReason? Reason { get; private set; }

    /// <summary>When the suspension began.</summary>
    internal TimeSpan Since { get; private set; }

    /// <summary>The voters that do not answer.</summary>
    internal MemberSet MissingVoters { get; private set; }

    /// <summary>The voters that have not answered lately, whether they are needed or not.</summary>
    internal MemberSet Silent { get; private set; }

    /// <summary>The legs that would be needed and cannot be used.</summary>
    internal MemberSet MissingLegs { get; private set; }

    /// <summary>How long operations wait; null: for ever.</summary>
    internal TimeSpan? HoldsFor { get; set; } = policy.HoldsFor;

    /// <summary>Too few legs are in sync to acknowledge anything.</summary>
    internal bool IsBelowMinInSync => !state.Rules.HasEnoughLegs(state.Live.Count, policy.MinInSync);

    /// <summary>Operations are not held any more.</summary>
    internal bool IsExpired(TimeSpan now) => Reason is not null && HoldsFor is { } limit && now - Since >= limit;

    /// <summary>Continues the suspension of an earlier writer of the process.</summary>
    internal void Continue(Suspension earlier)
    {
        (Reason, Since, HoldsFor) = (earlier.Reason, earlier.Since, earlier.HoldsFor);
        (MissingVoters, MissingLegs) = (earlier.MissingVoters, earlier.MissingLegs);
        (isReleased, pause, renewsAt) = (earlier.isReleased, earlier.pause, earlier.renewsAt);
    }

    /// <summary>Judges the state again.</summary>
    /// <returns>The suspension began, ended, or has another reason.</returns>
    internal bool Update(TimeSpan now)
    {
        Observe(now);
        var before = (Reason, MissingVoters, MissingLegs, Silent);
        if (Judge(now) is { } reason)
        {
            Since = Reason is null ? now : Since;
            Reason = reason;
        }
        else if (state.IsActive || state.IsFenced || takeOver.IsStopped)
        {
            (Reason, MissingVoters, MissingLegs) = (null, MemberSet.None, MemberSet.None);
            (isReleased, pause) = (false, ShortestPause);
        }

        if (before == (Reason, MissingVoters, MissingLegs, Silent))
        {
            return false;
        }

        state.Host.StateChanged();
        return before.Reason != Reason;
    }

    /// <summary>What is to be sent to every voter now; called once a second. VR4: a writer that is suspended for a
    /// while releases its lease, so that another writer may take over, and asks for it again after a pause that
    /// grows.</summary>
    /// <returns>The request; null: none, it pauses.</returns>
    internal VoterRequest? NextLeaseRequest(TimeSpan now)
    {
        if (Reason is null || now - Since < ReleaseAfter)
        {
            return lease.Renew(now);
        }

        if (!isReleased)
        {
            (isReleased, renewsAt) = (true, now + pause);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            return lease.Release();
        }

        if (now < renewsAt)
        {
            return null;
        }

        isReleased = false;
        return lease.Renew(now);
    }

    /// <summary>Notes when the record was proposed and the lease was in force last. A lease that was released says
    /// nothing about the voters.</summary>
    private void Observe(TimeSpan now)
    {
        if (state.Proposed?.Version != proposed)
        {
            (proposed, proposedAt) = (state.Proposed?.Version, now);
        }

        if (!state.IsActive)
        {
            (activeSince, lacksLease, Silent) = (null, false, takeOver.Silent);
            return;
        }

        if (activeSince is null)
        {
            (activeSince, leasedAt, Silent) = (now, now, MemberSet.None);
        }

        if (!isReleased)
        {
            leasedAt = lease.IsInForce(now) ? now : leasedAt;
            lacksLease = now - leasedAt > Patience;
            Silent = now - activeSince > Patience ? state.Chosen.Configuration.Voters - lease.LeasedBy(now) : Silent;
        }
    }

    private SuspendReason? Judge(TimeSpan now)
    {
        if (state.IsFenced || takeOver.IsStopped)
        {
            return null;
        }

        if (!state.IsActive)
        {
            return takeOver.ObstacleOf(now - proposedAt > Patience) is { } obstacle ? Note(obstacle) : null;
        }

        var isUnchosen = proposed is not null && now - proposedAt > Patience;
        var legs = state.InSync - state.Targets;
        if (isUnchosen || lacksLease)
        {
            return Note(new Obstacle(SuspendReason.NoRecordQuorum, Silent, legs));
        }

        return state.Live.IsEmpty ? Note(new Obstacle(SuspendReason.NoInSyncLeg, MemberSet.None, legs))
            : IsBelowMinInSync ? Note(new Obstacle(
                SuspendReason.BelowMinInSync, MemberSet.None, state.Chosen.Configuration.Legs - state.Live))
            : null;
    }

    private SuspendReason Note(Obstacle obstacle)
    {
        (MissingVoters, MissingLegs) = (obstacle.MissingVoters, obstacle.MissingLegs);
        return obstacle.Reason;
    }
}

/// <summary>What a volume waits for that may never come.</summary>
/// <param name="Reason">Why it does not serve.</param>
/// <param name="MissingVoters">The voters that do not answer.</param>
/// <param name="MissingLegs">The legs that would be needed and cannot be used.</param>
internal readonly record struct Obstacle(
    SuspendReason Reason, MemberSet MissingVoters, MemberSet MissingLegs);
