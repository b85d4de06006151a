using DmIo.Volumes.Protocol;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Writing;

/// <summary>The read lease: while a quorum of voters refuses other writers, no other writer can have chosen a record,
/// so this writer's legs hold the last acknowledged data. Counted from the time of sending, less a tenth. An answer to
/// a request also proves, without a clock, that the voter followed no other writer when the request was
/// sent.</summary>
internal sealed class ReadLease(WriterState state)
{
    private readonly TimeSpan[] trustedUntil = new TimeSpan[MemberSet.Capacity];
    private readonly ulong[] answered = new ulong[MemberSet.Capacity];
    private TimeSpan sentAt;
    private ulong counter;
    private ulong released;

    // The request that confirms the read that waits longest.
    private ulong wanted;

    /// <summary>The leg that serves reads if it can: the local one; -1: none is preferred.</summary>
    internal int Preferred { get; set; } = -1;

    /// <summary>The legs that answer slowly serve reads only if no other leg can.</summary>
    internal MemberSet Slow { get; set; }

    /// <summary>The number of the next request, which is sent after everything that has happened until now.</summary>
    internal ulong Next => counter + 1;

    /// <summary>Continues the request numbers of an earlier writer of the process: voters refuse numbers up to that of
    /// a release.</summary>
    internal void Continue(ReadLease earlier) => (counter, released) = (earlier.counter, earlier.released);

    /// <summary>The request to renew the lease, for every voter.</summary>
    internal Renew Renew(TimeSpan now)
    {
        (sentAt, counter) = (now, counter + 1);
        return new Renew(state.Epoch, state.Owner, counter);
    }

    /// <summary>The request that reads wait for, until the voter has answered it; null: there is none.</summary>
    internal Renew? RequestTo(int member) =>
        answered[member] < counter && counter > released && !IsConfirmed(wanted)
        ? new Renew(state.Epoch, state.Owner, counter)
        : null;

    /// <summary>VR11: sends a request for reads that wait for it, unless one is in flight already: reads that end
    /// meanwhile share the next one.</summary>
    /// <returns>The request is sent.</returns>
    internal bool Want(ulong request, TimeSpan now)
    {
        wanted = request;
        if (request <= counter || counter <= released || !IsConfirmed(counter))
        {
            return false;
        }

        Renew(now);
        state.Host.RequestsChanged();
        return true;
    }

    /// <summary>A quorum of voters has answered the request or a later one: when it was sent, no other writer had taken
    /// the volume over.</summary>
    internal bool IsConfirmed(ulong request)
    {
        var confirming = MemberSet.None;
        foreach (var member in state.Chosen.Configuration.Voters)
        {
            confirming = answered[member] >= request ? confirming.With(member) : confirming;
        }

        return state.Rules.IsLeased(state.Chosen, confirming);
    }

    /// <summary>The request that ends the lease. From now on the writer does not trust it, whatever replies are still
    /// on their way.</summary>
    internal Release Release()
    {
        Array.Clear(trustedUntil);
        released = counter;
        return new Release(state.Epoch, state.Owner, counter);
    }

    internal void Leased(int member, ulong request)
    {
        answered[member] = Math.Max(answered[member], request);
        if (request == counter && request > released)
        {
            trustedUntil[member] = sentAt + VolumeTiming.TrustedLease;
        }
    }

    internal bool IsInForce(TimeSpan now) => state.Rules.IsLeased(state.Chosen, LeasedBy(now));

    /// <summary>The voters whose lease is trusted.</summary>
    internal MemberSet LeasedBy(TimeSpan now)
    {
        var leased = MemberSet.None;
        foreach (var member in state.Chosen.Configuration.Voters)
        {
            leased = trustedUntil[member] > now ? leased.With(member) : leased;
        }

        return leased;
    }

    /// <summary>Chooses the leg for a read: the preferred one, else the one with the least I/O in flight; a slow leg
    /// only if there is no other.</summary>
    internal int Choose(MemberSet sources)
    {
        var fast = sources - Slow;
        var best = fast.IsEmpty ? sources : fast;
        if (Preferred >= 0 && best[Preferred])
        {
            return Preferred;
        }

        var (chosen, least) = (best.First, long.MaxValue);
        foreach (var member in best)
        {
            var load = state.Host.LoadOf(member);
            (chosen, least) = load < least ? (member, load) : (chosen, least);
        }

        return chosen;
    }
}
