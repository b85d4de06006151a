namespace DmIo.Actors.Scheduling;

/// <summary>
/// Prevents priority inversion: all entries that an urgent entry waits for, directly or indirectly, inherit its class.
/// An entry's class rises at most twice, which bounds the total cost.
/// </summary>
internal sealed class PriorityInheritance(ReadySet ready)
{
    private readonly Stack<QueueEntry> rising = new();

    /// <summary>The entry has just arrived, and is blocked.</summary>
    internal void Inherit(QueueEntry entry, TimeSpan now)
    {
        var urgency = entry.Class;
        rising.Push(entry);
        while (rising.TryPop(out var waiting))
        {
            if (!waiting.IsChange)
            {
                for (var user = waiting.FirstUser; user is not null; user = user.Next)
                {
                    Raise(user.Node!.Changer?.Entry, urgency, now);
                }
            }

            for (var node = waiting.Under.First; node is not null; node = node.Next)
            {
                Raise(node.Changer?.Entry, urgency, now);
                for (var reader = node.FirstReader; reader is not null; reader = reader.NextReader)
                {
                    Raise(reader.Entry, urgency, now);
                }
            }
        }
    }

    private void Raise(QueueEntry? blocker, PriorityClass urgency, TimeSpan now)
    {
        if (blocker is null || blocker.Class <= urgency)
        {
            return;
        }

        if (blocker.State == EntryState.Ready)
        {
            ready.Remove(blocker, DequeueReason.Unserved, now);
            blocker.Class = urgency;
            ready.Add(blocker, now);
        }
        else
        {
            blocker.Class = urgency;
            rising.Push(blocker);
        }
    }
}
