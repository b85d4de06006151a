using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Writing;

/// <summary>
/// The active maps: the extents that may be written on each leg. One change at a time is in flight, and takes along
/// every mark that was asked for meanwhile: an activation costs one write per page and leg, however many writes wait.
/// </summary>
internal sealed class ActiveMaps(WriterState state)
{
    private readonly RegionSet wanted = new();
    private ActiveStep? step;

    /// <summary>The extents are being cooled: writes to them wait.</summary>
    internal RegionSet Cooling { get; } = new();

    internal bool IsIdle => step is null && wanted.IsEmpty;

    /// <summary>The active bits of the extents are durable on every leg of the set; otherwise they will be
    /// marked.</summary>
    internal bool Require(RegionRange extents, MemberSet legs)
    {
        foreach (var member in legs)
        {
            if (!state.Legs[member].Active.ContainsAll(extents))
            {
                wanted.SetRange(extents);
                return false;
            }
        }

        return true;
    }

    /// <summary>Clears the bits of the cooling extents on the legs, once no other change is in flight.</summary>
    /// <returns>The step; null: another change is in flight.</returns>
    internal ActiveStep? TryClear(MemberSet legs) =>
        step is null ? step = Send(new ActiveStep(new RegionSet(Cooling), isMark: false), legs) : null;

    internal bool Advance()
    {
        if (step is { IsOver: true })
        {
            foreach (var member in step.Done)
            {
                var active = state.Legs[member].Active;
                if (step.IsMark)
                {
                    active.UnionWith(step.Extents);
                }
                else
                {
                    active.ExceptWith(step.Extents);
                }
            }

            state.InFlight.Remove(step);
            step = null;
            return true;
        }

        if (step is not null || wanted.IsEmpty)
        {
            return false;
        }

        var legs = MemberSet.None;
        foreach (var member in state.Targets)
        {
            if (!Covers(state.Legs[member].Active, wanted))
            {
                legs = legs.With(member);
            }
        }

        if (!legs.IsEmpty)
        {
            step = Send(new ActiveStep(new RegionSet(wanted), isMark: true), legs);
        }

        wanted.Clear();
        return true;
    }

    private static bool Covers(RegionSet active, RegionSet extents)
    {
        foreach (var range in extents.Ranges())
        {
            if (!active.ContainsAll(range))
            {
                return false;
            }
        }

        return true;
    }

    private ActiveStep Send(ActiveStep change, MemberSet legs)
    {
        state.Send(change, legs);
        state.Host.WriteActive(change);
        return change;
    }
}
