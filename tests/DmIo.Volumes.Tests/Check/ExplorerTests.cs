using Xunit;

namespace DmIo.Volumes.Tests.Check;

public sealed class ExplorerTests
{
    [Theory]
    [InlineData(1, 9, 10)]
    [InlineData(3, 4, 125)]
    [InlineData(5, 5, 7776)]
    public void Independent_counters_have_limit_plus_one_to_the_power_of_their_number_states(
        int counters, int limit, int states)
    {
        var result = new Explorer<CounterWorld>(() => new CounterWorld(counters, limit)).Search();

        Assert.True(result.IsExhaustive);
        Assert.Null(result.Violation);
        Assert.Equal(states, result.States);
        Assert.Equal(states, result.Explored);
        Assert.Equal(counters * limit, result.Depth);
        Assert.Equal((long)counters * limit * states / (limit + 1), result.Transitions);
    }

    /// <summary>A philosopher with both forks has a right neighbor with none: the states are the cyclic words over
    /// three letters in which the third one precedes the first. Their number is that of Pell and Lucas.</summary>
    [Theory]
    [InlineData(3, 14)]
    [InlineData(4, 34)]
    [InlineData(5, 82)]
    [InlineData(6, 198)]
    public void Philosophers_have_as_many_states_as_the_Pell_Lucas_numbers_say(int philosophers, int states)
    {
        var result = new Explorer<PhilosopherWorld>(() => new PhilosopherWorld(philosophers)).Search();

        Assert.True(result.IsExhaustive);
        Assert.Equal(states, result.States);
    }

    /// <summary>By Burnside's lemma, with the numbers above: (14 + 2 * 2) / 3 and (82 + 4 * 2) / 5.</summary>
    [Theory]
    [InlineData(3, 6)]
    [InlineData(5, 18)]
    public void Canonical_states_are_counted_once_per_symmetry(int philosophers, int states)
    {
        var result = new Explorer<PhilosopherWorld>(() => new PhilosopherWorld(philosophers, isSymmetric: true))
            .Search();

        Assert.True(result.IsExhaustive);
        Assert.Equal(states, result.States);
    }

    [Fact]
    public void The_trace_of_a_deadlock_is_a_shortest_one()
    {
        var explorer = new Explorer<PhilosopherWorld>(() => new PhilosopherWorld(4, reportsDeadlock: true));

        var result = explorer.Search();

        Assert.Equal("deadlock", result.Violation);
        Assert.False(result.IsExhaustive);
        Assert.Equal(["0 takes left", "1 takes left", "2 takes left", "3 takes left"], result.Trace);
    }

    [Fact]
    public void Petersons_lock_excludes()
    {
        var result = new Explorer<PetersonWorld>(() => new PetersonWorld(isFaulty: false)).Search();

        Assert.True(result.IsExhaustive);
        Assert.Null(result.Violation);
    }

    [Fact]
    public void A_fault_in_Petersons_lock_is_found_with_a_shortest_trace()
    {
        var result = new Explorer<PetersonWorld>(() => new PetersonWorld(isFaulty: true)).Search();

        Assert.Equal("both are inside", result.Violation);
        Assert.Equal(
            [
                "0 leaves Idle", "1 leaves Idle", "1 leaves Halfway", "1 leaves Waits", "0 leaves Halfway",
                "0 leaves Waits",
            ],
            result.Trace);
    }

    [Theory]
    [InlineData(new uint[0])]
    [InlineData(new uint[] { 777, 4242, 30011, 12345, 99, 27182, 31415, 16180 })]
    public void The_result_does_not_depend_on_the_number_of_threads(uint[] faults)
    {
        var results = Enumerable.Range(1, 3).Select(threads =>
            new Explorer<ScatteredWorld>(() => new ScatteredWorld(50_000, [.. faults])) { Threads = threads }.Search());

        var text = Assert.Single(results.Select(result => result.ToString()).Distinct());
        Assert.Contains(faults.Length == 0 ? "no violation" : "edge", text);
    }

    [Fact]
    public void A_search_ends_at_its_limit_of_states()
    {
        foreach (var threads in new[] { 1, 2 })
        {
            var explorer = new Explorer<CounterWorld>(() => new CounterWorld(6, 9))
            {
                StateLimit = 20_000,
                Threads = threads,
            };

            var result = explorer.Search();

            Assert.False(result.IsExhaustive);
            Assert.Null(result.Violation);
            Assert.InRange(result.States, 20_000, 50_000);
            Assert.True(result.Explored < result.States);
        }
    }

    [Fact]
    public void A_search_ends_at_its_limit_of_depth()
    {
        var result = new Explorer<CounterWorld>(() => new CounterWorld(2, 9)) { DepthLimit = 3 }.Search();

        Assert.False(result.IsExhaustive);
        Assert.Equal(1 + 2 + 3 + 4, result.States);
        Assert.Equal(3, result.Depth);
    }

    [Fact]
    public void Progress_is_reported_after_each_level()
    {
        var states = new List<long>();

        new Explorer<CounterWorld>(() => new CounterWorld(2, 2)) { Progress = result => states.Add(result.States) }
            .Search();

        Assert.Equal([3, 6, 8, 9, 9], states);
    }

    [Fact]
    public void A_trace_leads_to_its_violation_again()
    {
        var explorer = new Explorer<PetersonWorld>(() => new PetersonWorld(isFaulty: true));
        var trace = explorer.Search().Trace;

        var replay = explorer.Replay(trace);

        Assert.Equal("both are inside", replay.Violation);
        Assert.Equal(trace.Count, replay.Taken);
        Assert.Null(replay.Mismatch);
    }

    [Fact]
    public void A_replay_says_which_action_is_not_enabled()
    {
        var replay = new Explorer<CounterWorld>(() => new CounterWorld(2, 1)).Replay(["count 0", "count 0", "count 1"]);

        Assert.Equal(1, replay.Taken);
        Assert.Null(replay.Violation);
        Assert.Equal("'count 0' is not enabled, but: count 1", replay.Mismatch);
    }

    [Fact]
    public void Random_walks_find_a_violation_and_its_trace_leads_to_it_again()
    {
        const ulong Seed = 5;
        Func<PetersonWorld> start = () => new PetersonWorld(isFaulty: true);

        var walks = Enumerable.Range(1, 2)
            .Select(threads => new Explorer<PetersonWorld>(start) { Threads = threads }.RandomWalk(Seed, 1000, 40))
            .ToList();

        Assert.Equal("both are inside", walks[0].Violation);
        Assert.Equal(walks[0].Runs, walks[1].Runs);
        Assert.Equal(walks[0].Trace, walks[1].Trace);
        var replay = new Explorer<PetersonWorld>(start).Replay(walks[0].Trace);
        Assert.Equal("both are inside", replay.Violation);
    }

    [Fact]
    public void Random_walks_of_a_correct_model_find_nothing()
    {
        var walk = new Explorer<PetersonWorld>(() => new PetersonWorld(isFaulty: false)).RandomWalk(6, 200, 50);

        Assert.Null(walk.Violation);
        Assert.Equal(200, walk.Runs);
        Assert.Equal(200 * 50, walk.Steps);
    }

    [Fact]
    public void An_exception_in_an_action_is_a_violation()
    {
        var result = Explore(BrokenWorld.Mistake.ActionThrows).Search();

        Assert.Equal("InvalidOperationException: three", result.Violation);
        Assert.Equal(["0", "0", "0"], result.Trace);
    }

    [Fact]
    public void A_list_of_actions_that_changes_the_state_is_refused()
    {
        var thrown = Assert.Throws<InvalidOperationException>(
            () => Explore(BrokenWorld.Mistake.ListChangesState).Search());

        Assert.Contains("another encoding", thrown.Message);
    }

    [Fact]
    public void A_trace_with_two_actions_of_the_same_label_is_refused()
    {
        var thrown = Assert.Throws<InvalidOperationException>(
            () => Explore(BrokenWorld.Mistake.LabelsAreEqual).Search());

        Assert.Contains("'act'", thrown.Message);
    }

    private static Explorer<BrokenWorld> Explore(BrokenWorld.Mistake mistake) => new(() => new BrokenWorld(mistake));
}
