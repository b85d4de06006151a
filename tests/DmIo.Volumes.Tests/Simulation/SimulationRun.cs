namespace DmIo.Volumes.Tests.Simulation;

/// <summary>One run: faults, and then everything works again and the volume must come to order.</summary>
internal static class SimulationRun
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    /// <summary>Runs; null: nothing went wrong.</summary>
    internal static SimulationResult Run(SimulationOptions options, int steps, bool isTracing = false)
    {
        var volume = new SimulatedVolume(options, isTracing);
        var adversary = new Adversary(volume);
        volume.Adversary = adversary;
        adversary.Begin();
        while (volume.Events.Steps < steps && volume.Violation is null)
        {
            volume.Step();
        }

        if (volume.Violation is null)
        {
            volume.Log?.Add("-- everything works again");
            adversary.HealAll();
            var isInOrder = volume.RunUntil(() => IsInOrder(volume), Limit);
            if (!isInOrder && volume.Violation is null && !options.IsBeyondAtlas)
            {
                volume.Fail($"the volume does not come to order: {Describe(volume)}");
            }
            else if (isInOrder)
            {
                Verify(volume);
            }
        }

        return new SimulationResult(volume);
    }

    /// <summary>A pass reports exactly what differs. Where most legs are equal, the others are repaired.</summary>
    private static void Verify(SimulatedVolume volume)
    {
        var (writer, verification) = (volume.Writers[0], volume.Writers[0].Verification);
        if (!volume.RunUntil(() => verification.Pass is not { IsEnded: false } && IsInOrder(volume), Limit))
        {
            volume.Fail($"a pass that compares the legs does not end: {Describe(volume)}");
            return;
        }

        var differing = verification.FindDifferences();
        verification.Begin();
        if (!volume.RunUntil(() => verification.Pass!.IsEnded && IsInOrder(volume), Limit))
        {
            volume.Fail($"a pass that compares all legs does not end: {Describe(volume)}");
            return;
        }

        var (left, repaired) = (verification.Reported(ofMinority: false), verification.Reported(ofMinority: true));
        if (!verification.FindDifferences().SetEquals(left))
        {
            volume.Fail($"legs differ in {verification.FindDifferences()}, and {left} was reported");
        }

        left.UnionWith(repaired);
        if (!left.SetEquals(differing) && volume.Writers[0].State.InSync.Count > 1)
        {
            volume.Fail($"legs differed in {differing}, and {left} was reported");
        }
    }

    /// <summary>Every operation is answered, all legs are in S and equal, and the record is clean.</summary>
    private static bool IsInOrder(SimulatedVolume volume)
    {
        if (volume.Writers is not [var writer] || writer.State is not { IsActive: true, IsFenced: false } state)
        {
            return false;
        }

        var legs = state.Chosen.Configuration.Legs;
        return writer.Waiting == 0 && state.Chosen is { IsClean: true, Configuration.IsJoint: false }
            && state.Proposed is null && state.InSync == legs
            && state.Live == legs && state.InFlight.Count == 0 && volume.Newest == state.Chosen;
    }

    private static string Describe(SimulatedVolume volume)
    {
        var members = string.Join("; ", volume.Members.Select(member => $"member {member.Number} of "
            + $"{(member.IsMemberOf(volume.Newest) ? "the volume" : "no volume")} runs "
            + $"{member.IsRunning}, damaged {member.IsDamaged}, holds {member.Superblock.Accepted!.Version}"));
        var writers = string.Join("; ", volume.Writers.Select(writer => $"writer {writer.Number}: "
            + $"{writer.Core.TakeOver.Phase}, S={writer.State.InSync}, proposed {writer.State.Proposed?.InSync}, "
            + $"clean {writer.State.Chosen.IsClean}, failed {writer.State.Failed}, U {writer.State.Unresolved}, legs "
            + $"{string.Join(", ", writer.State.Legs.Select(leg => leg.Phase))}, waiting "
            + $"{writer.Waiting}, in flight {string.Join(", ", writer.State.InFlight)}"));
        return $"{members}; {writers}";
    }
}

/// <summary>How a run ended.</summary>
internal sealed class SimulationResult(SimulatedVolume volume)
{
    /// <summary>What went wrong; null: nothing.</summary>
    internal string? Violation => volume.Violation;

    internal long Steps => volume.Events.Steps;

    internal int Answered => volume.History.Answered;

    internal int Losses => volume.Checks.Losses;

    internal IEnumerable<string> Trace => volume.Log is { } log ? log : [];
}
