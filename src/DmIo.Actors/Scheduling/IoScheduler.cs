namespace DmIo.Actors.Scheduling;

/// <summary>The order of entries that may go, by one policy. All of them O(log n).</summary>
internal abstract class IoScheduler
{
    internal int Count { get; private set; }

    internal void Add(QueueEntry entry)
    {
        Count++;
        Enter(entry);
    }

    /// <summary>The one that is to go next; null: there is none. Asking changes nothing.</summary>
    internal abstract QueueEntry? Next(TimeSpan now);

    /// <summary>It goes, or is withdrawn.</summary>
    internal void Remove(QueueEntry entry, DequeueReason reason)
    {
        Count--;
        Leave(entry, reason);
    }

    /// <summary>The device has come to rest: nobody owes anybody anything.</summary>
    internal virtual void Rest()
    {
    }

    protected abstract void Enter(QueueEntry entry);

    protected abstract void Leave(QueueEntry entry, DequeueReason reason);
}

/// <summary>How an entry leaves its <see cref="IoScheduler"/>.</summary>
internal enum DequeueReason
{
    /// <summary>It goes to the device, because it was the next.</summary>
    Chosen,

    /// <summary>It goes to the device as a part of the one that was chosen.</summary>
    Along,

    /// <summary>It does not go: it was withdrawn, or its class has changed.</summary>
    Unserved,
}

/// <summary>Policy fifo: the earliest first. One that had to wait for others has kept its place.</summary>
internal sealed class FifoScheduler : IoScheduler
{
    private readonly ArrivalQueue entries = new();

    internal override QueueEntry? Next(TimeSpan now) => entries.Count == 0 ? null : entries.First;

    protected override void Enter(QueueEntry entry) => entries.Add(entry);

    protected override void Leave(QueueEntry entry, DequeueReason reason) => entries.Remove(entry);
}
