using DmIo.Volumes.Record;

namespace DmIo.Volumes.Actors;

/// <summary>How long the legs of a volume have been absent while it serves. Pure: the caller passes the time. Not
/// thread-safe.</summary>
/// <param name="limit">A leg that is absent for this time is to be replaced.</param>
internal sealed class AbsentLegs(TimeSpan limit)
{
    private readonly Dictionary<int, TimeSpan> since = [];

    /// <summary>Whether a spare is in sync, so that it can take the place of an absent leg; null: the leg has returned,
    /// or one of them was removed.</summary>
    internal static bool? MayReplace(VolumeStatus status, int absent, int spare)
    {
        var states = status.Legs.ToLookup(leg => leg.Member, leg => leg.State);
        return states[absent].Contains(LegState.Absent) && states.Contains(spare)
            ? states[spare].Any(state => state is LegState.InSync or LegState.Slow)
            : null;
    }

    /// <summary>Looks at the legs.</summary>
    /// <param name="status">The state of the volume.</param>
    /// <param name="now">The time.</param>
    /// <returns>The leg that has been absent longest, if for the limit or longer; its time then begins again. Null:
    /// there is none, or the volume does not serve.</returns>
    internal int? Look(VolumeStatus status, TimeSpan now)
    {
        if (status.State != VolumeState.Degraded)
        {
            // A suspended volume waits for its legs.
            since.Clear();
            return null;
        }

        var absent = status.Legs.Where(leg => leg.State == LegState.Absent).Select(leg => leg.Member).ToHashSet();
        foreach (var member in since.Keys.Where(member => !absent.Contains(member)).ToList())
        {
            since.Remove(member);
        }

        foreach (var member in absent)
        {
            since.TryAdd(member, now);
        }

        if (!since.Any(leg => now - leg.Value >= limit))
        {
            return null;
        }

        var due = since.MinBy(leg => leg.Value).Key;
        since[due] = now;
        return due;
    }
}
