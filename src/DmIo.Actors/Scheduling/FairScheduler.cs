using DmIo.Io;

namespace DmIo.Actors.Scheduling;

/// <summary>
/// Policy fair: start-time fair queueing (Goyal, Vin, Cheng 1996; for a device with several operations in flight: Jin,
/// Chase, Kaur 2004). In virtual time, each operation of a lease starts where the lease's previous one ended, and takes
/// its cost divided by the lease's weight; the earliest start is dispatched first. Virtual time is the start of the
/// last dispatched operation.
/// </summary>
/// <remarks>
/// Leases that always have operations waiting get shares in proportion to their weights, to within one operation of
/// each. A lease that had nothing waiting starts at the current virtual time, without credit for the past. A lease that
/// was served ahead of its share waits afterwards. This requires flows to be kept while they have nothing waiting: at
/// most <see cref="MaxIdle"/> of them, until virtual time has passed them, or the device was idle.
/// </remarks>
internal sealed class FairScheduler : IoScheduler
{
    /// <summary>The limit of flows that are kept without waiting operations.</summary>
    internal const int MaxIdle = 64;

    /// <summary>The cost of an operation in addition to its bytes.</summary>
    internal const long OperationCost = 16 << 10;

    /// <summary>The maximum cost of discards and zeroings, which transfer no data.</summary>
    private const long MaxRangeCost = 1 << 20;

    private const long MaxCost = 1L << 40;

    private const long UsualWeight = 100;

    private readonly Dictionary<long, Flow> flows = [];
    private readonly IndexedHeap<Flow> waiting = new();
    private readonly ObjectPool<Flow> pool = new();
    private readonly IntrusiveList<Flow> idle = new();
    private Flow? lastFound;
    private long virtualTime;
    private long latestEnd;

    /// <summary>The number of known flows, including those without waiting operations.</summary>
    internal int FlowCount => flows.Count;

    internal override QueueEntry? Next(TimeSpan now) => waiting.Count == 0 ? null : waiting.First.Entries.First;

    internal override void OnIdle() => virtualTime = latestEnd;

    /// <summary>The virtual time of an entry: its cost divided by the weight.</summary>
    internal static long CostOf(QueueEntry entry)
    {
        var max = entry.Kind.HasData() ? MaxCost : MaxRangeCost;
        var sectors = Math.Min(entry.Count.Value, max / Sector.SizeBytes);
        return ((sectors * Sector.SizeBytes) + OperationCost) * UsualWeight / entry.Weight;
    }

    protected override void OnAdd(QueueEntry entry)
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

    protected override void OnRemove(QueueEntry entry, DequeueReason reason)
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

        // The heap compares flows by their first entry: a flow must leave the heap before its last entry is removed.
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
            && (idle.Count > MaxIdle || unchecked(oldest.Start - virtualTime) <= 0))
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

/// <summary>One lease's entries of one class in <see cref="FairScheduler"/>, and its virtual time. Pooled.</summary>
internal sealed class Flow : IHeapItem<Flow>, ILinked<Flow>
{
    internal long Lease { get; set; }

    /// <summary>The virtual time at which the lease's next operation starts: the end of its last one, if that is later
    /// than the current virtual time.</summary>
    internal long Start { get; set; }

    internal ArrivalQueue Entries { get; } = new();

    public int HeapIndex { get; set; }

    /// <summary>The links of the list of flows without entries.</summary>
    public Flow? Previous { get; set; }

    public Flow? Next { get; set; }

    /// <summary>Virtual time wraps around, so the order is that of the shorter distance. Of two equal times, the flow
    /// with the earlier first entry comes first.</summary>
    public bool ComesBefore(Flow other)
    {
        var distance = unchecked(Start - other.Start);
        return distance < 0 || (distance == 0 && Entries.First.ComesBefore(other.Entries.First));
    }
}
