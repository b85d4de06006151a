namespace DmIo.Actors.Scheduling;

/// <summary>The order of entries that may go, by one policy. All of them O(log n).</summary>
internal abstract class ReadyOrder
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
    internal void Remove(QueueEntry entry, Departure departure)
    {
        Count--;
        Leave(entry, departure);
    }

    /// <summary>The device has come to rest: nobody owes anybody anything.</summary>
    internal virtual void Rest()
    {
    }

    protected abstract void Enter(QueueEntry entry);

    protected abstract void Leave(QueueEntry entry, Departure departure);
}
