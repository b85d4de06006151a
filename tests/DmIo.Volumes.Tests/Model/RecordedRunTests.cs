using DmIo.Volumes.Tests.Check;
using DmIo.Volumes.Voters;
using DmIo.Volumes.Writing;
using Xunit;

namespace DmIo.Volumes.Tests.Model;

/// <summary>Runs that lose data by a shortcut, where a search would need too many states to find them. With the rules
/// of the product, the same steps, as far as they are possible, lose nothing.</summary>
public sealed class RecordedRunTests
{
    public static TheoryData<string> Names => [.. RecordedRuns.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_recorded_run_loses_data_by_a_shortcut(string name)
    {
        var (options, labels) = RecordedRuns.All[name];
        var result = new Explorer<VolumeWorld>(VolumeWorld.Of(options)).Replay(labels);
        Assert.Null(result.Mismatch);
        Assert.NotNull(result.Violation);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_same_steps_lose_nothing_by_the_rules(string name)
    {
        var (options, labels) = RecordedRuns.All[name];
        var world = VolumeWorld.Of(options with { WriterRules = new WriterRules(), VoterRules = new VoterRules() })();
        var actions = new ActionList();
        foreach (var label in labels)
        {
            actions.Clear();
            world.ListActions(actions);
            for (var i = 0; i < actions.Count; i++)
            {
                if (world.Label(actions[i]) == label)
                {
                    world.Apply(actions[i]);
                    break;
                }
            }

            Assert.Null(world.Violation);
        }
    }
}
