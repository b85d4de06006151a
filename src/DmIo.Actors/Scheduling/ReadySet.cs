using DmIo.Io;

namespace DmIo.Actors.Scheduling;

/// <summary>
/// All ready entries, and their order: the first of the most urgent class, unless a lower class has had no operation
/// for its expiry. That class then gets one operation, its next, so that an expired backlog neither replaces sharing by
/// arrival order nor takes the device from the classes above. Policy fifo has no classes.
/// </summary>
internal sealed class ReadySet
{
    private readonly Rank[] ranks;

    internal ReadySet(IoQueueOptions options)
    {
        HasClasses = options.Policy != SchedulingPolicy.Fifo;
        ranks = HasClasses
            ?
            [
                new Rank(NewOrder(options), TimeSpan.MaxValue),
                new Rank(NewOrder(options), options.BestEffortExpiry),
                new Rank(NewOrder(options), options.IdleExpiry),
            ]
            : [new Rank(NewOrder(options), TimeSpan.MaxValue)];
    }

    internal bool HasClasses { get; }

    internal int Count { get; private set; }

    /// <summary>The number of durable writes in the set.</summary>
    internal int DurableCount { get; private set; }

    /// <summary>The most urgent class with an entry; null: there is none.</summary>
    internal PriorityClass? MostUrgent
    {
        get
        {
            for (var index = 0; index < ranks.Length; index++)
            {
                if (ranks[index].Order.Count > 0)
                {
                    return (PriorityClass)index;
                }
            }

            return null;
        }
    }

    internal void Add(QueueEntry entry, TimeSpan now)
    {
        ref var rank = ref RankOf(entry);
        if (rank.Order.Count == 0)
        {
            rank.Since = now;
        }

        entry.State = EntryState.Ready;
        rank.Order.Add(entry);
        Count++;
        DurableCount += entry.ForceUnitAccess ? 1 : 0;
    }

    /// <summary>The next entry; null: there is none. Changes nothing.</summary>
    internal QueueEntry? Next(TimeSpan now)
    {
        if (MostUrgent is not { } urgent)
        {
            return null;
        }

        var index = (int)urgent;
        for (var lower = ranks.Length - 1; lower > index; lower--)
        {
            if (ranks[lower].Order.Count > 0 && now - ranks[lower].Since >= ranks[lower].Expiry)
            {
                index = lower;
            }
        }

        return ranks[index].Order.Next(now);
    }

    internal void Remove(QueueEntry entry, DequeueReason reason, TimeSpan now)
    {
        ref var rank = ref RankOf(entry);
        rank.Order.Remove(entry, reason);
        if (reason == DequeueReason.Chosen)
        {
            rank.Since = now;
        }

        Count--;
        DurableCount -= entry.ForceUnitAccess ? 1 : 0;
    }

    /// <summary>See <see cref="IoScheduler.OnIdle"/>.</summary>
    internal void OnIdle()
    {
        foreach (ref var rank in ranks.AsSpan())
        {
            rank.Order.OnIdle();
        }
    }

    private static IoScheduler NewOrder(IoQueueOptions options) => options.Policy switch
    {
        SchedulingPolicy.Deadline => new DeadlineScheduler(options),
        SchedulingPolicy.Fair => new FairScheduler(),
        SchedulingPolicy.Fifo => new FifoScheduler(),
        _ => throw new InvalidOperationException($"The policy {options.Policy} is unknown."),
    };

    private ref Rank RankOf(QueueEntry entry) => ref ranks[HasClasses ? (int)entry.Class : 0];

    /// <summary>One class. Since: the time of its last operation, or since when it has entries.</summary>
    private struct Rank(IoScheduler order, TimeSpan expiry)
    {
        internal readonly IoScheduler Order = order;
        internal readonly TimeSpan Expiry = expiry;
        internal TimeSpan Since;
    }
}

/// <summary><see cref="IoPriority"/> in dispatch order.</summary>
internal enum PriorityClass
{
    RealTime,
    BestEffort,
    Idle,
}

/// <summary>Converts <see cref="IoPriority"/> to the queue's classes.</summary>
internal static class PriorityClasses
{
    internal const int Count = 3;

    internal static PriorityClass Of(IoPriority priority) => priority switch
    {
        IoPriority.RealTime => PriorityClass.RealTime,
        IoPriority.Idle => PriorityClass.Idle,
        _ => PriorityClass.BestEffort,
    };
}
