using DmIo.Volumes.Protocol;
using DmIo.Volumes.Tests.Check;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Tests.Model;

/// <summary>Lists what can happen next to a modeled volume.</summary>
internal static class EnabledSteps
{
    internal static void List(VolumeWorld world, ActionList actions)
    {
        for (var i = 0; i < world.Writers.Length; i++)
        {
            if (world.Writers[i] is { } writer)
            {
                ListWriter(world, actions, i, writer);
            }
            else if (MayStart(world, i))
            {
                actions.Add((byte)WorldStep.Start, i);
            }
        }

        for (var i = 0; i < world.Members.Length; i++)
        {
            ListMember(world, actions, i);
        }

        if (world.Counts.Ticks < world.Options.Ticks)
        {
            actions.Add((byte)WorldStep.Tick);
        }

        for (var i = 0; i < world.Late.Count; i++)
        {
            if (world.Members[world.Late[i].Member].IsUp || world.Late[i].Request is null)
            {
                actions.Add((byte)WorldStep.Late, i);
            }
        }
    }

    /// <summary>The voters and legs of a writer that it can ask, and what time does to it.</summary>
    private static void ListWriter(VolumeWorld world, ActionList actions, int index, ModelWriter writer)
    {
        var (core, options) = (writer.Core, world.Options);
        for (var member = 0; member < world.Members.Length; member++)
        {
            var isUp = world.Members[member].IsUp;
            if (isUp && options.SplitsVotes && core.VoteRequestTo(member) is { } vote && IsWithin(options, vote))
            {
                actions.Add((byte)WorldStep.Vote, index, member);
                ListDelays(world, actions, index, member, isLeg: 0);
            }

            if (isUp && member < options.Legs && core.LegRequestTo(member) is not null)
            {
                actions.Add((byte)WorldStep.Leg, index, member);
                ListDelays(world, actions, index, member, isLeg: 1);
            }
        }

        if (core.TakeOver is { Phase: TakeOverPhase.Preparing, IsGraceOver: false })
        {
            actions.Add((byte)WorldStep.Grace, index);
        }

        if (world.Counts.Crashes < options.Crashes)
        {
            actions.Add((byte)WorldStep.Crash, index);
        }

        if (world.Counts.Expiries < options.Expiries && writer.Operation is not null)
        {
            actions.Add((byte)WorldStep.Expire, index);
        }

        for (var leg = 0; leg < options.Legs; leg++)
        {
            if (MayLose(world, writer, leg))
            {
                actions.Add((byte)WorldStep.LoseLeg, index, leg);
            }
        }

        if (writer.State is { IsActive: true, IsFenced: false })
        {
            ListUser(world, actions, index, writer);
            ListBackground(world, actions, index, writer);
        }
    }

    /// <summary>A writer notices that a leg cannot be reached; it may also lose a leg that works.</summary>
    private static bool MayLose(VolumeWorld world, ModelWriter writer, int leg) => writer.State.Legs[leg].Phase switch
    {
        LegPhase.Absent => false,
        LegPhase.Attaching => !world.Members[leg].IsUp,
        _ => world.Counts.Losses < world.Options.Losses || world.Members[leg].GrantedTo != writer.Number,
    };

    private static bool MayStart(VolumeWorld world, int index) => world.Starts[index] == 0
        ? index == 0 || world.Starts[index - 1] != 0
        : world.Counts.Crashes <= world.Options.Crashes;

    /// <summary>The request is within the bound of records.</summary>
    internal static bool IsWithin(ModelOptions options, VoterRequest request) =>
        request is not Accept accept || accept.Record.Version.Number <= options.MaxRecords;

    private static void ListDelays(VolumeWorld world, ActionList actions, int index, int member, int isLeg)
    {
        if (world.Counts.Delays < world.Options.Delays)
        {
            actions.Add((byte)WorldStep.DelayRequest, index, member, isLeg);
            actions.Add((byte)WorldStep.DelayReply, index, member, isLeg);
        }
    }

    private static void ListUser(VolumeWorld world, ActionList actions, int index, ModelWriter writer)
    {
        var (counts, options) = (world.Counts, world.Options);
        for (var block = 0; block < options.Blocks; block++)
        {
            if (writer.Operation is null && counts.Issued <= options.Writes && world.Has(writer.State.Chosen, block))
            {
                actions.Add((byte)WorldStep.Write, index, block);
            }

            foreach (var leg in world.ReadableLegs(writer, block))
            {
                if (world.Members[leg].Current[block] != world.LastRead[block])
                {
                    actions.Add((byte)WorldStep.Read, leg, block);
                }
            }
        }

        if (writer.Operation is null && counts.Flushes < options.Flushes)
        {
            actions.Add((byte)WorldStep.Flush, index);
        }

        if (counts.Sessions < options.Sessions)
        {
            actions.Add((byte)WorldStep.Open, index);
        }

        if (writer.Renewals < options.Renewals)
        {
            actions.Add((byte)WorldStep.Renew, index);
        }

        if (writer.Renewals > 0 && counts.Releases < options.Releases)
        {
            actions.Add((byte)WorldStep.Release, index);
        }
    }

    private static void ListBackground(VolumeWorld world, ActionList actions, int index, ModelWriter writer)
    {
        var (state, options) = (writer.State, world.Options);
        for (var block = 0; block < options.Blocks; block++)
        {
            if (state.Unresolved.Contains(world.RegionOf(block)))
            {
                actions.Add((byte)WorldStep.Resolve, index, block);
            }

            if (IsMissed(state, world.RegionOf(block)))
            {
                actions.Add((byte)WorldStep.Resync, index, block);
            }
        }

        for (var extent = 0; extent < world.Extents && options.Cools; extent++)
        {
            if (IsHot(state, extent))
            {
                actions.Add((byte)WorldStep.Cool, index, extent);
            }
        }

        if (options.Cools && !state.Syncing.IsEmpty)
        {
            // Without extents: what was copied to the legs becomes durable.
            actions.Add((byte)WorldStep.Cool, index, world.Extents);
        }

        for (var leg = 0; leg < options.Legs && options.Returns; leg++)
        {
            if (state.Legs[leg] is { Phase: LegPhase.Absent, IsDetaching: false } && !state.InSync[leg])
            {
                actions.Add((byte)WorldStep.Return, index, leg);
            }
        }

        for (var member = 0; member < world.Members.Length && world.Counts.Changes < options.Changes; member++)
        {
            actions.Add((byte)WorldStep.Change, index, member);
        }

        if (options.Grows && !world.Has(state.Chosen, options.Blocks - 1) && writer.Core.Growth.IsIdle)
        {
            actions.Add((byte)WorldStep.Grow, index);
        }

        if (options.Cools && !state.Chosen.IsClean)
        {
            actions.Add((byte)WorldStep.Clean, index);
        }
    }

    private static bool IsMissed(WriterState state, long region)
    {
        foreach (var leg in state.Syncing)
        {
            if (state.Legs[leg].Missed.Contains(region))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsHot(WriterState state, long extent)
    {
        foreach (var leg in state.Targets)
        {
            if (state.Legs[leg].Active.Contains(extent))
            {
                return true;
            }
        }

        return false;
    }

    private static void ListMember(VolumeWorld world, ActionList actions, int index)
    {
        var (member, counts, options) = (world.Members[index], world.Counts, world.Options);
        for (var i = 0; i < member.Queue.Count; i++)
        {
            if (IsFirst(member.Queue, i))
            {
                actions.Add((byte)WorldStep.Io, index, i);
            }
        }

        if (index >= options.Legs)
        {
            return;
        }

        for (var block = 0; block < options.Blocks && world.HasCaches; block++)
        {
            if (member.Current[block] != member.Durable[block])
            {
                actions.Add((byte)WorldStep.Destage, index, block);
            }
        }

        if (!member.IsUp)
        {
            actions.Add((byte)WorldStep.Heal, index);
            return;
        }

        AddIf(counts.PowerLosses < options.PowerLosses, WorldStep.LosePower);
        AddIf(counts.Cuts < options.Cuts, WorldStep.Cut);
        AddIf(counts.Restarts < options.Restarts, WorldStep.Restart);
        AddIf(member.IsLocked, WorldStep.Unlock);
        AddIf(counts.FlushFailures < options.FlushFailures && member.FirstFlush >= 0, WorldStep.FailFlush);

        void AddIf(bool isEnabled, WorldStep step)
        {
            if (isEnabled)
            {
                actions.Add((byte)step, index);
            }
        }
    }

    /// <summary>I/O that overlaps takes effect in the order in which it was sent.</summary>
    private static bool IsFirst(List<LegIo> queue, int index)
    {
        for (var i = 0; i < index; i++)
        {
            if (queue[i].Kind == queue[index].Kind && queue[i].Block == queue[index].Block)
            {
                return false;
            }
        }

        return true;
    }
}
