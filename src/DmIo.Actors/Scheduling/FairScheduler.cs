using DmIo.Io;

namespace DmIo.Actors.Scheduling;

/// <summary>
/// Policy fair: start-time fair queueing (Goyal, Vin, Cheng 1996; of a device with many in flight: Jin, Chase, Kaur
/// 2004). Each operation of a lease starts, in virtual time, where the lease's one before ended, and lasts for its cost
/// by the lease's weight; the one that starts first goes first. Virtual time is the start of the last that went.
/// </summary>
/// <remarks>
/// So leases that always have something waiting get shares by their weights, within one operation of each; a lease that
/// had nothing waiting starts now, with no credit for the past; and who asked for much at a time waits for it
/// afterwards. The last needs flows to be remembered while they have nothing waiting: at most <see cref="MostIdle"/> of
/// them, until virtual time has passed them, or the device was at rest.
/// </remarks>
internal sealed class FairScheduler : IoScheduler
{
    /// <summary>How many leases without anything waiting are remembered.</summary>
    internal const int MostIdle = 64;

    /// <summary>What an operation costs besides its bytes.</summary>
    internal const long OperationCost = 16 << 10;

    /// <summary>Discards and zeroings move no bytes, so they count for no more than this.</summary>
    private const long MostRangeCost = 1 << 20;

    private const long MostCost = 1L << 40;

    private const long UsualWeight = 100;

    private readonly Dictionary<long, Flow> flows = [];
    private readonly IndexedHeap<Flow> waiting = new();
    private readonly ObjectPool<Flow> pool = new();
    private readonly IntrusiveList<Flow> idle = new();
    private Flow? lastFound;
    private long virtualTime;
    private long latestEnd;

    /// <summary>Leases known, with or without anything waiting.</summary>
    internal int FlowCount => flows.Count;

    internal override QueueEntry? Next(TimeSpan now) => waiting.Count == 0 ? null : waiting.First.Entries.First;

    internal override void Rest() => virtualTime = latestEnd;

    /// <summary>Virtual time that the entry takes.</summary>
    internal static long CostOf(QueueEntry entry)
    {
        var most = entry.Operation is IoOperation.Read or IoOperation.Write ? MostCost : MostRangeCost;
        var sectors = Math.Min(entry.Count.Value, most / Sector.SizeBytes);
        return ((sectors * Sector.SizeBytes) + OperationCost) * UsualWeight / entry.Weight;
    }

    protected override void Enter(QueueEntry entry)
    {
        var flow = Find(entry.Lease.Value);
        entry.Flow = flow;
        flow.Entries.Add(entry);
        if (flow.Entries.Count == 1)
        {
            idle.Remove(flow);
            flow.Start = Later(flow.Start, virtualTime);
            waiting.Add(flow);
        }
        else if (ReferenceEquals(flow.Entries.First, entry))
        {
            waiting.Moved(flow);
        }
    }

    protected override void Leave(QueueEntry entry, DequeueReason reason)
    {
        var flow = entry.Flow!;
        entry.Flow = null;
        if (reason == DequeueReason.Chosen)
        {
            virtualTime = flow.Start;
        }

        if (reason != DequeueReason.Unserved)
        {
            flow.Start = unchecked(flow.Start + CostOf(entry));
            latestEnd = Later(latestEnd, flow.Start);
        }

        // The heap compares by the first entry: what has none must be out of it before it has none.
        if (flow.Entries.Count == 1)
        {
            waiting.Remove(flow);
            flow.Entries.Remove(entry);
            AddIdle(flow);
        }
        else
        {
            flow.Entries.Remove(entry);
            waiting.Moved(flow);
        }
    }

    private static long Later(long one, long other) => unchecked(one - other) < 0 ? other : one;

    private Flow Find(long lease)
    {
        if (lastFound is not null && lastFound.Lease == lease)
        {
            return lastFound;
        }

        if (!flows.TryGetValue(lease, out var flow))
        {
            flow = pool.Take();
            flow.Lease = lease;
            flow.Start = virtualTime;
            flows.Add(lease, flow);
            AddIdle(flow);
        }

        lastFound = flow;
        return flow;
    }

    private void AddIdle(Flow flow)
    {
        idle.AddLast(flow);
        while (idle.First is { } oldest && !ReferenceEquals(oldest, flow)
            && (idle.Count > MostIdle || unchecked(oldest.Start - virtualTime) <= 0))
        {
            Forget(oldest);
        }
    }

    private void Forget(Flow flow)
    {
        idle.Remove(flow);
        flows.Remove(flow.Lease);
        pool.Return(flow);
        if (ReferenceEquals(lastFound, flow))
        {
            lastFound = null;
        }
    }
}

/// <summary>One lease's entries of one class in <see cref="FairScheduler"/>, and where it stands. Pooled.</summary>
internal sealed class Flow : IHeapItem<Flow>, ILinked<Flow>
{
    internal long Lease { get; set; }

    /// <summary>The virtual time at which its next operation starts: when its last one ended, if it had too
    /// much.</summary>
    internal long Start { get; set; }

    internal ArrivalQueue Entries { get; } = new();

    public int HeapIndex { get; set; }

    /// <summary>Among flows without entries.</summary>
    public Flow? Previous { get; set; }

    public Flow? Next { get; set; }

    /// <summary>Virtual time wraps around, so what counts is which way the (shorter) distance goes. Of two at the
    /// same time, the one whose entry came first.</summary>
    public bool ComesBefore(Flow other)
    {
        var distance = unchecked(Start - other.Start);
        return distance < 0 || (distance == 0 && Entries.First.ComesBefore(other.Entries.First));
    }
}
