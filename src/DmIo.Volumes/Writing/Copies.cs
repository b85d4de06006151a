using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Writing;

/// <summary>
/// The copies of regions between legs: of unresolved regions inside S, and of missed regions to legs that return. The
/// regions of a copy are locked: writes that touch them wait.
/// <code>
///   locked --no write in flight, extents active--> copying --done on A--> ended
///               ^-------- the source was lost ---------+
/// </code>
/// A resolving copy is a write: the rules for marks, failure and acknowledgment apply (VM6). Regions that a leg could
/// not read, and that a copy has rewritten on it, are read again under the lock; a leg that fails this leaves S.
/// </summary>
internal sealed class Copies(WriterState state, ActiveMaps maps, Verifications verifications)
{
    private readonly List<CopyStep> copies = [];
    private readonly List<VerifyStep> rereads = [];

    /// <summary>The unresolved regions that no leg of S could read: reads of them fail.</summary>
    internal RegionSet Unreadable { get; } = new();

    internal int Count => copies.Count + rereads.Count;

    internal bool IsIdle => Count == 0;

    /// <summary>A copy or a comparison has locked regions of the range.</summary>
    internal bool IsLocked(RegionRange range)
    {
        foreach (var copy in copies)
        {
            if (WriterState.Overlap(copy.Range, range))
            {
                return true;
            }
        }

        return rereads.Exists(reread => WriterState.Overlap(reread.Range, range)) || verifications.IsLocked(range);
    }

    /// <summary>Begins to copy regions.</summary>
    /// <param name="kind">Why.</param>
    /// <param name="range">The regions.</param>
    /// <param name="unreadable">The legs that are known not to be readable there.</param>
    /// <returns>False: a region is locked, unresolved (for a resync) or resolved already, or beyond the end, or no leg
    /// can be read.</returns>
    internal bool Start(CopyKind kind, RegionRange range, MemberSet unreadable = default)
    {
        var isUnresolved = state.Unresolved.Overlaps(range);
        var isWanted = kind == CopyKind.Resolve ? isUnresolved : !(isUnresolved && state.Rules.ResolvesBeforeCopy);
        if (!state.IsActive || IsLocked(range) || state.Live.IsEmpty || !isWanted
            || range.End > state.ReachedRegions
            || maps.Cooling.Overlaps(ClientOperation.ExtentsOf(range)))
        {
            return false;
        }

        copies.Add(new CopyStep(kind, range) { Unreadable = unreadable });
        return true;
    }

    /// <summary>The source could not be read: another one is tried.</summary>
    internal void SourceFailed(CopyStep copy, LegResult result)
    {
        if (result == LegResult.Error)
        {
            state.Legs[copy.Source].Unreadable.SetRange(copy.Range);
        }

        copy.Unreadable = copy.Unreadable.With(copy.Source);
        copy.Abandon();
        copy.Source = -1;
    }

    internal bool Advance()
    {
        var progressed = false;
        for (var i = 0; i < copies.Count; i++)
        {
            var copy = copies[i];
            var isInFlight = state.InFlight.Contains(copy);
            if (isInFlight ? copy.IsOver && TryEnd(copy) : TrySend(copy))
            {
                progressed = true;
            }
        }

        return rereads.RemoveAll(TryEnd) != 0 || progressed;
    }

    private bool TrySend(CopyStep copy)
    {
        if (state.IsBeingWritten(copy.Range) || state.Live.IsEmpty)
        {
            return false;
        }

        var sources = state.SourcesOf(copy.Range, copy.Unreadable);
        if (sources.IsEmpty)
        {
            GiveUp(copy);
            return true;
        }

        var source = sources.First;
        var targets = TargetsOf(copy) - MemberSet.Of(source);
        if (copy.Kind == CopyKind.Resolve && state.Rules.MarksResolve
            && !maps.Require(ClientOperation.ExtentsOf(copy.Range), targets))
        {
            return false;
        }

        copy.Source = source;
        if (copy.Kind == CopyKind.Resolve && state.Rules.ResolveIsMissedElsewhere)
        {
            state.Send(copy, copy.Range, targets, source);
        }
        else
        {
            state.Send(copy, targets);
        }

        copy.Holds(source);
        state.Host.Copy(copy);
        return true;
    }

    private MemberSet TargetsOf(CopyStep copy)
    {
        if (copy.Kind == CopyKind.Resolve)
        {
            return state.Rules.ResolveTargets(state.Targets, state.TakenOver, state.InSync);
        }

        var targets = MemberSet.None;
        foreach (var member in state.Syncing)
        {
            targets = state.Legs[member].Missed.Overlaps(copy.Range) ? targets.With(member) : targets;
        }

        return targets;
    }

    private bool TryEnd(CopyStep copy)
    {
        if (copy.Source < 0)
        {
            state.InFlight.Remove(copy);
            return true;
        }

        if (copy.Kind == CopyKind.Resolve)
        {
            var needed = state.Acknowledgment & (copy.Targets.With(copy.Source) | state.Failed);
            if (!needed.IsSubsetOf(copy.Done))
            {
                return false;
            }

            state.Unresolved.ClearRange(copy.Range);
            Unreadable.ClearRange(copy.Range);
        }
        else
        {
            foreach (var member in copy.Done & copy.Targets)
            {
                state.Legs[member].Missed.ClearRange(copy.Range);
            }
        }

        state.Written(copy.Done & copy.Targets, copy.Range);
        state.InFlight.Remove(copy);
        copies.Remove(copy);
        Reread(copy);
        return true;
    }

    private void Reread(CopyStep copy)
    {
        var repaired = MemberSet.None;
        foreach (var member in copy.Done & copy.Targets & state.Live)
        {
            var unreadable = state.Legs[member].Unreadable;
            repaired = unreadable.Overlaps(copy.Range) ? repaired.With(member) : repaired;
            unreadable.ClearRange(copy.Range);
        }

        if (!repaired.IsEmpty)
        {
            var reread = new VerifyStep(copy.Range, isReread: true) { Size = state.Reach };
            rereads.Add(reread);
            state.Send(reread, repaired);
            state.Host.Verify(reread);
        }
    }

    /// <summary>The last leg of S stays.</summary>
    private bool TryEnd(VerifyStep reread)
    {
        if (!reread.IsOver)
        {
            return false;
        }

        state.InFlight.Remove(reread);
        foreach (var member in (reread.Targets - reread.Done) & state.Live)
        {
            if (state.Live != MemberSet.Of(member))
            {
                state.Legs[member].Missed.SetRange(reread.Range);
                state.FailLeg(member);
            }
        }

        return true;
    }

    private void GiveUp(CopyStep copy)
    {
        copies.Remove(copy);
        if (copy.Kind == CopyKind.Resolve)
        {
            Unreadable.SetRange(copy.Range);
        }
    }
}
