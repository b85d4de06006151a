
namespace DmIo.Actors.Scheduling;

/// <summary>
/// Policy deadline, like Linux's mq-deadline: batches of at most <see cref="BatchLength"/> in sector order, from the
/// end of the last batch. Reads are preferred, unless writes were passed over for <see cref="WritesStarved"/> batches.
/// If the oldest entry of its direction has expired, a batch starts with that entry, and continues from there. Discards
/// and zeroings count as writes.
/// </summary>
internal sealed class DeadlineScheduler : IoScheduler
{
    internal const int BatchLength = 16;

    internal const int WritesStarved = 2;

    private readonly Direction reads;
    private readonly Direction writes;
    private Direction current;
    private int batch;
    private int starved;
    private bool isContinuing;

    internal DeadlineScheduler(IoQueueOptions options)
    {
        reads = new Direction(options.ReadExpiry);
        writes = new Direction(options.WriteExpiry);
        current = reads;
    }

    internal override QueueEntry? Next(TimeSpan now)
    {
        if (batch is > 0 and < BatchLength && current.Following() is { } following)
        {
            isContinuing = true;
            return following;
        }

        isContinuing = false;
        var chosen = writes.Count > 0 && (reads.Count == 0 || starved >= WritesStarved) ? writes : reads;
        return chosen.Count == 0 ? null : chosen.FirstOfBatch(now);
    }

    protected override void OnAdd(QueueEntry entry) => Of(entry).Add(entry);

    protected override void OnRemove(QueueEntry entry, DequeueReason reason)
    {
        var direction = Of(entry);
        direction.Remove(entry);
        if (reason == DequeueReason.Unserved)
        {
            return;
        }

        direction.Position = entry.End;
        if (reason == DequeueReason.Chosen)
        {
            Proceed(direction);
        }
    }

    private void Proceed(Direction direction)
    {
        if (isContinuing)
        {
            batch++;
            return;
        }

        current = direction;
        batch = 1;
        starved = ReferenceEquals(direction, writes) ? 0 : starved + (writes.Count > 0 ? 1 : 0);
    }

    private Direction Of(QueueEntry entry) => entry.IsChange ? writes : reads;

    /// <summary>Reads or writes, by sector and by age.</summary>
    private sealed class Direction(TimeSpan expiry)
    {
        private readonly IntervalTree bySector = new();
        private readonly ArrivalQueue byAge = new();

        internal int Count => byAge.Count;

        /// <summary>The end of the last operation.</summary>
        internal long Position { get; set; }

        internal void Add(QueueEntry entry)
        {
            bySector.Insert(entry);
            byAge.Add(entry);
        }

        internal void Remove(QueueEntry entry)
        {
            bySector.Remove(entry);
            byAge.Remove(entry);
        }

        internal QueueEntry? Following() => (QueueEntry?)bySector.Ceiling(Position);

        internal QueueEntry FirstOfBatch(TimeSpan now) => now - byAge.First.Arrival >= expiry
            ? byAge.First
            : Following() ?? byAge.First;
    }
}
