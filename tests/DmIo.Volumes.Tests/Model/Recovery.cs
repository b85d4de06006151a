using DmIo.Volumes.Tests.Check;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Tests.Model;

/// <summary>
/// From states that random failures lead to, lets everything work again: afterwards the volume must be in order. All
/// legs are in S, nothing is unresolved, the record is clean, no operation waits.
/// <list type="bullet">
/// <item>A writer is replaced only for a reason that its surroundings see: it was refused or fenced, has no live leg,
/// or a voter has promised a higher epoch than its own.</item>
/// </list>
/// </summary>
internal static class Recovery
{
    private const int MaxRounds = 80;

    // In this order; everything else is a failure, or a new operation.
    private static readonly WorldStep[] Steps =
    [
        WorldStep.Heal, WorldStep.Unlock, WorldStep.LoseLeg, WorldStep.Late, WorldStep.Vote,
        WorldStep.Leg, WorldStep.Io, WorldStep.Grace, WorldStep.Return, WorldStep.Resolve,
        WorldStep.Resync, WorldStep.Cool, WorldStep.Clean,
    ];

    /// <summary>Runs at random, then recovers. Returns what went wrong, with the trace, or null.</summary>
    internal static string? Run(Func<VolumeWorld> start, int seed, int runs, int depth)
    {
        for (var run = 0; run < runs; run++)
        {
            var random = new Random(unchecked((seed * 1_000_003) + run));
            var world = start();
            var trace = new List<string>();
            var failure = Walk(world, random, random.Next(depth), trace);
            trace.Add("-- recovery");
            failure ??= Recover(world, trace);
            if (failure is not null)
            {
                return $"seed {seed}, run {run}: {failure}\n  {string.Join("\n  ", trace)}";
            }
        }

        return null;
    }

    private static string? Walk(VolumeWorld world, Random random, int depth, List<string> trace)
    {
        var actions = new ActionList();
        for (var i = 0; i < depth; i++)
        {
            actions.Clear();
            world.ListActions(actions);
            if (actions.Count == 0)
            {
                return null;
            }

            var action = actions[random.Next(actions.Count)];
            if (Take(world, action, trace) is { } violation)
            {
                return violation;
            }
        }

        return null;
    }

    private static string? Recover(VolumeWorld world, List<string> trace)
    {
        KeepOneWriter(world, trace);
        for (var round = 0; round < MaxRounds; round++)
        {
            world.Counts.Ticks++;
            foreach (var step in Steps)
            {
                if (TakeAll(world, step, trace) is { } violation)
                {
                    return violation;
                }
            }

            if (Array.Exists(world.Writers, writer => IsInOrder(world, writer)))
            {
                return null;
            }

            for (var i = 0; i < world.Writers.Length; i++)
            {
                if (world.Writers[i] is not null && round % 4 == 3 && IsReplaceable(world, i))
                {
                    TakenSteps.Replace(world, i);
                    trace.Add($"Replace {i}");
                }
            }
        }

        return $"the volume does not recover: {string.Join("; ", world.Writers.Select(Describe))}";
    }

    /// <summary>The cluster runs one writer: the one with the highest epoch.</summary>
    private static void KeepOneWriter(VolumeWorld world, List<string> trace)
    {
        var kept = 0;
        for (var i = 1; i < world.Writers.Length; i++)
        {
            kept = world.Writers[i] is { } one && !(one.State.Epoch < world.Writers[kept]?.State.Epoch) ? i : kept;
        }

        for (var i = 0; i < world.Writers.Length; i++)
        {
            if (world.Writers[i] is not null && i != kept)
            {
                TakenSteps.Crash(world, i);
                trace.Add($"Stop {i}");
            }
        }

        if (world.Writers[kept] is null)
        {
            TakenSteps.Replace(world, kept);
        }
    }

    private static string? TakeAll(VolumeWorld world, WorldStep step, List<string> trace)
    {
        var listed = new ActionList();
        world.ListActions(listed);
        for (var i = 0; i < listed.Count; i++)
        {
            if ((WorldStep)listed[i].Kind == step && IsEnabled(world, listed[i]) && IsSound(world, listed[i])
                && Take(world, listed[i], trace) is { } violation)
            {
                return violation;
            }
        }

        return null;
    }

    /// <summary>No leg that works is lost.</summary>
    private static bool IsSound(VolumeWorld world, WorldAction action) =>
        (WorldStep)action.Kind != WorldStep.LoseLeg
        || world.Members[action.B].GrantedTo != world.Writers[action.A]!.Number;

    private static bool IsEnabled(VolumeWorld world, WorldAction action)
    {
        var listed = new ActionList();
        world.ListActions(listed);
        for (var i = 0; i < listed.Count; i++)
        {
            if (listed[i] == action)
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsInOrder(VolumeWorld world, ModelWriter? writer) =>
        writer is { State: { IsActive: true, IsFenced: false } state, Operation: null }
        && state.Chosen.IsClean && state.Proposed is null && state.Unresolved.IsEmpty
        && state.InSync == state.Chosen.Configuration.Legs && !state.Chosen.Configuration.IsJoint
        && state.Live == state.InSync
        && state.InFlight.Count == 0;

    private static string Describe(ModelWriter? writer) => writer is null
        ? "none"
        : $"S={writer.State.InSync}, proposed {writer.State.Proposed?.InSync}, failed {writer.State.Failed}, "
            + $"U {writer.State.Unresolved}, legs {string.Join(", ", writer.State.Legs.Select(leg => leg.Phase))}, "
            + $"in flight {string.Join(", ", writer.State.InFlight.Select(step => step.GetType().Name))}";

    private static bool IsReplaceable(VolumeWorld world, int index)
    {
        var writer = world.Writers[index]!;
        var state = writer.State;
        return state.IsFenced || writer.Core.TakeOver.Phase == TakeOverPhase.Idle
            || (state.HasRecord && (state.InSync - state.Failed).IsEmpty)
            || Array.Exists(world.Members, member => member.Fence > state.Epoch);
    }

    private static string? Take(VolumeWorld world, WorldAction action, List<string> trace)
    {
        trace.Add(world.Label(action));
        try
        {
            world.Apply(action);
            return world.Violation;
        }
        catch (InvalidOperationException thrown)
        {
            return thrown.ToString();
        }
    }
}
