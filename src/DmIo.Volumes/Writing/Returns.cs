using DmIo.Volumes.Maps;
using DmIo.Volumes.Protocol;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Writing;

/// <summary>
/// The return of legs to S, each for itself. Copies go from S to the leg only.
/// <code>
///   Absent --Start--> Attaching --granted--> ReadingMaps --> WritingMissed (VM3) --> Marking --> Syncing
///   Syncing: gets every write and the regions that it missed, and the maps of the other legs (VM7);
///            joins A when nothing is missing; every earlier write done; flushed; a record with the leg is chosen
/// </code>
/// A leg that is lost on the way is Absent again, with what it missed.
/// </summary>
internal sealed class Returns(WriterState state)
{
    internal bool IsIdle
    {
        get
        {
            foreach (var member in state.Chosen.Configuration.Legs)
            {
                if (state.Legs[member].Phase is not (LegPhase.Absent or LegPhase.InSync))
                {
                    return false;
                }
            }

            return true;
        }
    }

    /// <summary>Begins the return of a leg; false: it is in use, or may not be used yet.</summary>
    internal bool Start(int member)
    {
        var leg = state.Legs[member];
        if (!state.IsActive || state.IsFenced || state.Live.IsEmpty || leg.Phase != LegPhase.Absent
            || leg.IsDetaching || leg.Room < state.Chosen.Size
            || !state.Rules.MayUse(member, state.InSync, state.Failed)
            || !(state.Chosen.Configuration.Legs & state.Chosen.Configuration.New)[member] || state.Removing[member])
        {
            return false;
        }

        (leg.Phase, leg.Attempt, leg.Incarnation) = (LegPhase.Attaching, leg.Attempt + 1, Guid.Empty);
        state.Host.RequestsChanged();
        return true;
    }

    /// <summary>The request about the leg itself; null: there is none.</summary>
    internal VoterRequest? RequestTo(int member)
    {
        var leg = state.Legs[member];
        return leg switch
        {
            { IsDetaching: true } => new Detach(state.Epoch, leg.Attempt),
            { Phase: LegPhase.Attaching } => new Attach(state.Epoch, leg.Attempt, leg.Incarnation),
            { Phase: LegPhase.Marking } => new Mark(state.Epoch, leg.Attempt, LegState.Inconsistent),
            _ => null,
        };
    }

    internal void Granted(int member, int attempt)
    {
        var leg = state.Legs[member];
        if (leg.Phase == LegPhase.Attaching && leg.Attempt == attempt)
        {
            leg.Phase = LegPhase.ReadingMaps;
            state.Host.ReadMaps(member);
            state.Host.RequestsChanged();
        }
    }

    internal void Detached(int member, int attempt)
    {
        var leg = state.Legs[member];
        leg.IsDetaching &= leg.Attempt != attempt;
        state.Host.RequestsChanged();
    }

    internal void Marked(int member, int attempt)
    {
        var leg = state.Legs[member];
        if (leg.Phase == LegPhase.Marking && leg.Attempt == attempt)
        {
            Use(leg);
        }
    }

    /// <summary>The maps of a leg outside S were read. Without maps, it lacks everything, and no active bit of it
    /// counts as set.</summary>
    internal void MapsRead(WriterLeg leg, LegMaps? maps)
    {
        leg.Maps = maps ?? new LegMaps(new RegionSet(), []);
        leg.Missed.UnionWithExtents(leg.Maps.Active, state.Regions);
        if (maps is null)
        {
            leg.Missed.SetRange(new RegionRange(0, state.Regions));
        }

        foreach (var member in state.Live)
        {
            leg.Missed.UnionWithExtents(state.Legs[member].Active, state.Regions);
        }

        leg.Phase = LegPhase.WritingMissed;
        if (state.Rules.MissedIsDurableBeforeCopy)
        {
            leg.MapStep = WriteMissed(state.MapHolders & state.Targets);
        }
    }

    internal bool Advance()
    {
        var progressed = false;
        foreach (var member in state.Chosen.Configuration.Legs)
        {
            progressed |= state.IsActive && Advance(state.Legs[member]);
        }

        return progressed;
    }

    private bool Advance(WriterLeg leg) => leg.Phase switch
    {
        LegPhase.WritingMissed => EndWritingMissed(leg),
        LegPhase.Syncing when !leg.HasReceivedMaps => EndGivingMaps(leg),
        LegPhase.Syncing when leg.JoinBarrier is null => TryJoin(leg),
        LegPhase.Syncing when leg.JoinFlush == FlushProgress.None => PassBarrier(leg),
        _ => false,
    };

    private bool EndWritingMissed(WriterLeg leg)
    {
        if (leg.MapStep is { } step)
        {
            // A leg that failed counts until a record without it is chosen: the next writer may read its maps.
            if (!step.IsOver || !state.MapHolders.IsSubsetOf(state.Targets))
            {
                return false;
            }

            state.InFlight.Remove(step);
            leg.MapStep = null;
            if (!state.MapHolders.IsSubsetOf(step.Done))
            {
                leg.MapStep = WriteMissed(state.MapHolders);
                return true;
            }
        }

        leg.Phase = LegPhase.Marking;
        state.Host.RequestsChanged();
        return true;
    }

    /// <summary>From now on the leg gets every write.</summary>
    private void Use(WriterLeg leg)
    {
        Invariant.Require(leg.Maps is not null);
        leg.Phase = LegPhase.Syncing;
        leg.Active.UnionWith(leg.Maps.Active);
        leg.Maps = null;
        leg.MapStep = WriteMissed(MemberSet.Of(leg.Member));
        state.Host.StateChanged();
        state.Host.RequestsChanged();
    }

    private bool EndGivingMaps(WriterLeg leg)
    {
        if (leg.MapStep is not { IsOver: true } step)
        {
            return false;
        }

        state.InFlight.Remove(step);
        (leg.MapStep, leg.HasReceivedMaps) = (null, true);
        return true;
    }

    /// <summary>The leg joins the acknowledgment set for writes and flushes.</summary>
    private bool TryJoin(WriterLeg leg)
    {
        if (!state.Rules.MayJoin(leg.Missed) || !state.Failed.IsEmpty)
        {
            return false;
        }

        leg.JoinBarrier = [];
        if (state.Rules.GrowthWaitsForWrites)
        {
            foreach (var step in state.InFlight)
            {
                if (step.Waiting[leg.Member])
                {
                    leg.JoinBarrier.Add(step);
                }
            }
        }

        state.Joined = state.Joined.With(leg.Member);
        return true;
    }

    private static bool PassBarrier(WriterLeg leg)
    {
        Invariant.Require(leg.JoinBarrier is not null);
        leg.JoinBarrier.RemoveAll(step => step.IsOver);
        if (leg.JoinBarrier.Count != 0)
        {
            return false;
        }

        leg.JoinFlush = FlushProgress.Wanted;
        return true;
    }

    private MissedStep WriteMissed(MemberSet holders)
    {
        var step = new MissedStep();
        state.Send(step, holders);
        state.Host.WriteMissed(step);
        return step;
    }
}
