using DmIo.Io;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Writing;

/// <summary>
/// What the parts of a writer share: the chosen record, the legs, what is in flight.
/// <list type="bullet">
/// <item>Every write is, for each leg, data or a missed bit; which, is decided once, when it is sent.</item>
/// <item>Missed, unflushed and active cover every difference between S and a leg (I5); U covers every difference
/// inside S (I4).</item>
/// </list>
/// </summary>
internal sealed class WriterState
{
    /// <param name="host">Its surroundings.</param>
    /// <param name="rules">Its rules.</param>
    /// <param name="owner">The writer, over all its attempts.</param>
    /// <param name="known">A record of the volume, from any superblock.</param>
    internal WriterState(IWriterHost host, WriterRules rules, Guid owner, VolumeRecord known)
    {
        (Host, Rules, Owner, Chosen) = (host, rules, owner, known);
        for (var i = 0; i < Legs.Length; i++)
        {
            Legs[i] = new WriterLeg(i);
        }
    }

    internal IWriterHost Host { get; }

    internal WriterRules Rules { get; }

    internal Guid Owner { get; }

    internal Epoch Epoch { get; set; }

    /// <summary>The newest record that this writer knows to be chosen; before that, the newest one that was
    /// seen.</summary>
    internal VolumeRecord Chosen { get; set; }

    /// <summary>The record that is proposed.</summary>
    internal VolumeRecord? Proposed { get; set; }

    /// <summary>The union of the in-sync sets that were proposed since <see cref="Chosen"/> was chosen.</summary>
    internal MemberSet ProposedSince { get; set; }

    /// <summary>The legs that joined the acknowledgment set for their return to S.</summary>
    internal MemberSet Joined { get; set; }

    /// <summary>The legs whose removal from S is due.</summary>
    internal MemberSet Failed { get; set; }

    /// <summary>The voters that are being removed: their legs are not used any more.</summary>
    internal MemberSet Removing { get; set; }

    /// <summary>The in-sync set of the take-over.</summary>
    internal MemberSet TakenOver { get; set; }

    internal WriterLeg[] Legs { get; } = new WriterLeg[VolumeConfiguration.MaxLegs];

    /// <summary>The regions that may differ inside S (U).</summary>
    internal RegionSet Unresolved { get; } = new();

    /// <summary>The steps that are in flight on legs.</summary>
    internal List<WriterStep> InFlight { get; } = [];

    /// <summary>A record of this epoch is chosen.</summary>
    internal bool HasRecord => Chosen.Version.Epoch == Epoch;

    /// <summary>The writer serves.</summary>
    internal bool IsActive { get; set; }

    /// <summary>The epoch of the record that was taken over. A write that is repeated from another epoch may have taken
    /// effect, and a writer after that may have replaced it.</summary>
    internal Epoch TakenOverFrom { get; set; }

    /// <summary>Another writer took the volume over. Final.</summary>
    internal bool IsFenced { get; set; }

    /// <summary>The volume may be clean for the next writer: a clean record is chosen, or was proposed and no later
    /// record was chosen. A write would be forgotten.</summary>
    internal bool MayBeClean { get; set; }

    /// <summary>A write waits until the record is not clean.</summary>
    internal bool WantsDirty { get; set; }

    /// <summary>A power failure of the whole volume was not reported to the session yet.</summary>
    internal bool MustReportPowerLoss { get; set; }

    /// <summary>A flush has reported the power failure, and the record is to forget it.</summary>
    internal bool HasReportedPowerLoss { get; set; }

    /// <summary>The size to which the volume is growing; null: it is not.</summary>
    internal ByteSize? GrowingTo { get; set; }

    /// <summary>The end of what is copied between legs: while the volume grows, its larger size.</summary>
    internal ByteSize Reach => GrowingTo ?? Chosen.Size;

    /// <summary>The number of regions of the volume.</summary>
    internal long Regions => RegionsOf(Chosen.Size);

    /// <summary>The number of regions up to <see cref="Reach"/>.</summary>
    internal long ReachedRegions => RegionsOf(Reach);

    /// <summary>The regions beyond the end of the volume.</summary>
    internal RegionRange Beyond => new(Regions, RegionSet.Limit - Regions);

    internal MemberSet InSync => Chosen.InSync;

    /// <summary>The legs on which a write is done before it is acknowledged (A).</summary>
    internal MemberSet Acknowledgment => Rules.AcknowledgmentSet(
        InSync, Proposed?.InSync ?? MemberSet.None, ProposedSince, Joined, Failed);

    /// <summary>The legs that get every write.</summary>
    internal MemberSet Targets
    {
        get
        {
            var targets = MemberSet.None;
            foreach (var member in Chosen.Configuration.Legs)
            {
                targets = Legs[member].IsTarget ? targets.With(member) : targets;
            }

            return targets;
        }
    }

    /// <summary>The legs that get every write and are not in S.</summary>
    internal MemberSet Syncing => Targets - InSync;

    /// <summary>The legs that were found to lack data, and that are lost as soon as this is durable.</summary>
    internal MemberSet Failing { get; set; }

    /// <summary>The legs that hold every acknowledged write and can be used.</summary>
    internal MemberSet Live => (InSync & Targets) - Failing;

    /// <summary>The legs that hold the missed maps of the others: what is written there is durable on all of
    /// them.</summary>
    internal MemberSet MapHolders => Rules.MapHolders(InSync, Acknowledgment, Syncing);

    /// <summary>Notes that regions are written to the targets and missed by all other legs; then the step is in
    /// flight.</summary>
    /// <param name="step">The step.</param>
    /// <param name="range">The regions.</param>
    /// <param name="targets">The legs that are written.</param>
    /// <param name="holder">A leg that holds the data already; -1: none.</param>
    internal void Send(WriterStep step, RegionRange range, MemberSet targets, int holder = -1)
    {
        foreach (var member in Chosen.Configuration.Legs)
        {
            if (targets[member])
            {
                Legs[member].Unflushed.SetRange(range);
            }
            else if (member != holder)
            {
                Legs[member].Missed.SetRange(range);
            }
        }

        step.Send(targets);
        InFlight.Add(step);
    }

    /// <summary>A step has written regions of legs: the next flush that begins makes them durable.</summary>
    internal void Written(MemberSet members, RegionRange range)
    {
        foreach (var member in members)
        {
            Legs[member].Unflushed.SetRange(range);
        }
    }

    /// <summary>A step without regions is in flight.</summary>
    internal void Send(WriterStep step, MemberSet targets)
    {
        step.Send(targets);
        InFlight.Add(step);
    }

    /// <summary>Takes a step out of flight that nothing waits for, once it is over.</summary>
    internal void RemoveOrphan(WriterStep step)
    {
        if (step is { IsOrphan: true, IsOver: true })
        {
            InFlight.Remove(step);
        }
    }

    /// <summary>The leg is lost: it gets nothing more before it was cut, drained and attached again.</summary>
    internal void FailLeg(int member)
    {
        var leg = Legs[member];
        if (leg.Phase == LegPhase.Absent)
        {
            return;
        }

        foreach (var step in InFlight)
        {
            if (step.Targets[member] && RegionsOf(step) is { } range)
            {
                leg.Missed.SetRange(range);
            }

            step.Lose(member);
        }

        if (leg.IsTarget)
        {
            leg.Missed.UnionWith(leg.Unflushed);
            leg.Missed.UnionWith(leg.Flushing);
            if (Rules.LostLegMissesUnresolved)
            {
                leg.Missed.UnionWith(Unresolved);
            }
        }

        leg.Missed.UnionWith(leg.Differing);
        leg.Differing.Clear();
        if ((InSync | ProposedSince)[member])
        {
            Failed = Failed.With(member);
        }

        (Joined, Failing) = (Joined.Without(member), Failing.Without(member));
        if (leg.MapStep is { } mapStep)
        {
            mapStep.IsOrphan = true;
        }

        InFlight.RemoveAll(step => step is { IsOrphan: true, IsOver: true });
        leg.Reset();
        Host.RequestsChanged();
        Host.StateChanged();
    }

    /// <summary>What the missed maps say about a leg when they are written now: about a leg of S, only where it was
    /// found to differ, which counts when it has left S; otherwise what it lacks, and what was written to it and may
    /// not be durable there.</summary>
    internal RegionSet MissedOnDisk(int member)
    {
        var missed = new RegionSet(Legs[member].Differing);
        if (!InSync[member])
        {
            missed.UnionWith(Legs[member].Missed);
            if (Rules.MissesUnflushed)
            {
                missed.UnionWith(Legs[member].Unflushed);
                missed.UnionWith(Legs[member].Flushing);
            }
        }

        return missed;
    }

    /// <summary>The legs of S that regions can be read from. A leg that was found to differ there, and has not left S
    /// yet, is read only if no other can be.</summary>
    /// <param name="range">The regions.</param>
    /// <param name="unreadable">The legs that could not read them.</param>
    internal MemberSet SourcesOf(RegionRange range, MemberSet unreadable)
    {
        var readable = Live - unreadable;
        var sound = readable;
        foreach (var member in readable)
        {
            sound = Legs[member].Differing.Overlaps(range) ? sound.Without(member) : sound;
        }

        return sound.IsEmpty ? readable : sound;
    }

    /// <summary>Legs of S could not read regions that another one can hold: they are resolved, which writes them on
    /// every other leg under their lock.</summary>
    internal void Repair(RegionRange range, MemberSet unreadable)
    {
        Unresolved.SetRange(range);
        foreach (var member in unreadable)
        {
            Legs[member].CorrectedReads++;
            Legs[member].Unreadable.SetRange(range);
        }
    }

    /// <summary>The extents that are active on any leg.</summary>
    internal RegionSet ActiveExtents()
    {
        var extents = new RegionSet();
        foreach (var member in Targets)
        {
            extents.UnionWith(Legs[member].Active);
        }

        return extents;
    }

    /// <summary>A write in flight that was answered in doubt touches the regions.</summary>
    internal bool IsInDoubt(RegionRange range)
    {
        foreach (var step in InFlight)
        {
            if (step is ClientOperation { IsInDoubt: true } write && Overlap(write.Touched, range))
            {
                return Rules.WaitsForDoubt;
            }
        }

        return false;
    }

    /// <summary>A write of a user, or zeroes of a growth, are in flight in the regions.</summary>
    internal bool IsBeingWritten(RegionRange range)
    {
        foreach (var step in InFlight)
        {
            if ((step is ClientOperation { Operation: not IoOperation.Read } write && Overlap(write.Touched, range))
                || (step is ZeroStep zero && Overlap(zero.Range, range)))
            {
                return true;
            }
        }

        return false;
    }

    internal static bool Overlap(RegionRange left, RegionRange right) =>
        left.First < right.End && right.First < left.End;

    private static RegionRange? RegionsOf(WriterStep step) => step switch
    {
        ClientOperation { Operation: not IoOperation.Read } write => write.Touched,
        CopyStep copy => copy.Range,
        ZeroStep zero => zero.Range,
        _ => null,
    };

    private static long RegionsOf(ByteSize size) =>
        (size.Bytes + (1L << RegionRange.RegionShift) - 1) >> RegionRange.RegionShift;
}
