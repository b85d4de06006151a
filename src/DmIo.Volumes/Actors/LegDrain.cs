namespace DmIo.Volumes.Actors;

/// <summary>What may still happen to a leg by I/O of a replica that has stopped. Until it is over, the leg is not
/// opened again: an old write could replace newer data or the superblock. Thread-safe.</summary>
internal sealed class LegDrain
{
    private readonly Lock gate = new();
    private readonly List<Task> pending = [];

    /// <summary>Nothing can happen any more.</summary>
    internal bool IsOver
    {
        get
        {
            lock (gate)
            {
                return pending.TrueForAll(static task => task.IsCompletedSuccessfully);
            }
        }
    }

    /// <summary>Adds I/O that is over when the task has ended; if the task fails, it never is.</summary>
    internal void Add(Task task)
    {
        lock (gate)
        {
            pending.RemoveAll(static ended => ended.IsCompletedSuccessfully);
            pending.Add(task);
        }
    }
}
