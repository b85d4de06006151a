using DmIo.Volumes.Protocol;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Writing;

/// <summary>The read lease: while a quorum of voters refuses other writers, no other writer can have chosen a record,
/// so this writer's legs hold the last acknowledged data. Counted from the time of sending, less a tenth.</summary>
internal sealed class ReadLease(WriterState state)
{
    private readonly TimeSpan[] trustedUntil = new TimeSpan[MemberSet.Capacity];
    private TimeSpan sentAt;
    private ulong counter;
    private ulong released;

    /// <summary>The leg that serves reads if it can: the local one; -1: none is preferred.</summary>
    internal int Preferred { get; set; } = -1;

    /// <summary>The legs that answer slowly serve reads only if no other leg can.</summary>
    internal MemberSet Slow { get; set; }

    /// <summary>The request to renew the lease, for every voter.</summary>
    internal Renew Renew(TimeSpan now)
    {
        (sentAt, counter) = (now, counter + 1);
        return new Renew(state.Epoch, state.Owner, counter);
    }

    /// <summary>The request to renew the lease, which is not in force until a quorum has answered this request or a
    /// later one.</summary>
    internal Renew RenewAfresh(TimeSpan now)
    {
        Array.Clear(trustedUntil);
        return Renew(now);
    }

    /// <summary>The request that ends the lease. From now on the writer does not trust it, whatever replies are still
    /// on their way.</summary>
    internal Release Release()
    {
        Array.Clear(trustedUntil);
        released = counter;
        return new Release(state.Epoch, state.Owner, counter);
    }

    internal void Leased(int member, ulong answered)
    {
        if (answered == counter && answered > released)
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
