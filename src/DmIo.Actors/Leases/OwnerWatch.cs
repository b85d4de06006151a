using Akka.Actor;

namespace DmIo.Actors.Leases;

/// <summary>Death watch on those who have, or wait for, leases: one watch each, however many leases.</summary>
internal sealed class OwnerWatch(IActorContext context)
{
    private readonly Dictionary<IActorRef, int> counts = [];

    internal void Add(IActorRef owner)
    {
        counts[owner] = counts.GetValueOrDefault(owner) + 1;
        if (counts[owner] == 1)
        {
            context.Watch(owner);
        }
    }

    /// <summary>Nothing where the owner is dead.</summary>
    internal void Remove(IActorRef owner)
    {
        if (counts.TryGetValue(owner, out var count))
        {
            counts[owner] = count - 1;
            if (count == 1)
            {
                counts.Remove(owner);
                context.Unwatch(owner);
            }
        }
    }

    /// <summary>Was it an owner?</summary>
    internal bool Died(IActorRef owner) => counts.Remove(owner);
}
