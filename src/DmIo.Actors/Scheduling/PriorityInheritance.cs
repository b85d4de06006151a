namespace DmIo.Actors.Scheduling;

/// <summary>
/// Keeps an urgent entry from waiting for what a lower class lets wait: all that it waits for, directly or not, gets
/// its class. An entry rises at most twice, so this pays for itself.
/// </summary>
internal sealed class PriorityInheritance(ReadySet ready)
{
    private readonly Stack<QueueEntry> rising = new();

    /// <summary>The entry has just come, and waits.</summary>
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
