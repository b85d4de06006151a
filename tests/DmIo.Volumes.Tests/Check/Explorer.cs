namespace DmIo.Volumes.Tests.Check;

/// <summary>
/// Checks all states of a model that can be reached from its start, breadth first, or a sample of its runs.
/// <list type="bullet">
/// <item>The result of a search does not depend on the number of threads or their timing.</item>
/// <item>The trace of a violation is a shortest one. A violation at the end counts as one action more.</item>
/// <item>Visited states are known by fingerprints of 128 bits: with 10^9 states, the probability that two have the same
/// one is about 10^-21.</item>
/// </list>
/// </summary>
/// <param name="start">Makes the start of the model; always the same.</param>
/// <param name="schema">The codecs of the states; null: no type is declared a value.</param>
internal sealed class Explorer<TWorld>(Func<TWorld> start, StateSchema? schema = null)
    where TWorld : World
{
    private readonly StateSchema schema = schema ?? new StateSchema();

    /// <summary>The number of threads.</summary>
    public int Threads { get; init; } = Math.Min(2, Environment.ProcessorCount);

    /// <summary>The search ends when it has found as many states; it can find a few thousand more.</summary>
    public long StateLimit { get; init; } = 100_000_000;

    /// <summary>The search does not take more actions in a row.</summary>
    public int DepthLimit { get; init; } = int.MaxValue;

    /// <summary>Called with the result so far after each level.</summary>
    public Action<ExplorerResult>? Progress { get; init; }

    /// <summary>Searches breadth first, until there is a violation, no new state, or too many.</summary>
    public ExplorerResult Search()
    {
        var bytes = Walker<TWorld>.Encode(schema, start());
        return start().Violation is { } violation
            ? new ExplorerResult(1, 0, 0, 0, IsExhaustive: false, violation, [])
            : new Search<TWorld>(schema, bytes, Threads).Run(StateLimit, DepthLimit, Progress, TraceOf);
    }

    /// <summary>Takes random actions from the start, at most <paramref name="depth"/> per run. Run r of a seed always
    /// takes the same ones; of several violations, the one of the first run is reported.</summary>
    public WalkResult RandomWalk(ulong seed, int runs, int depth)
    {
        var bytes = Walker<TWorld>.Encode(schema, start());
        var next = -1;
        var steps = 0L;
        var failed = (Run: runs, Violation: (string?)null, Path: new List<int>());
        var gate = new Lock();
        InParallel(Threads, () =>
        {
            var walker = new Walker<TWorld>(schema);
            while (Interlocked.Increment(ref next) is var run && run < Volatile.Read(ref failed.Run))
            {
                var path = new List<int>();
                var violation = Walk(walker, bytes, new SplitMix(seed, run), depth, path);
                Interlocked.Add(ref steps, path.Count);
                lock (gate)
                {
                    failed = violation is not null && run < failed.Run ? (run, violation, path) : failed;
                }
            }
        });
        return failed.Violation is null
            ? new WalkResult(runs, steps, Violation: null, [])
            : new WalkResult(failed.Run + 1, steps, failed.Violation, TraceOf(failed.Path));
    }

    /// <summary>Takes the actions with the given labels, from the start, up to the first violation.</summary>
    public ReplayResult<TWorld> Replay(IEnumerable<string> labels)
    {
        var walker = new Walker<TWorld>(schema);
        var violation = walker.Load(Walker<TWorld>.Encode(schema, start()));
        var taken = 0;
        foreach (var label in labels)
        {
            if (violation is not null)
            {
                break;
            }

            var action = walker.Find(label);
            if (action < 0)
            {
                var enabled = Enumerable.Range(0, walker.Actions.Count).Select(walker.Label);
                return new(taken, null, $"'{label}' is not enabled, but: {string.Join(", ", enabled)}", walker.World);
            }

            violation = walker.Take(action);
            taken++;
        }

        return new ReplayResult<TWorld>(taken, violation, Mismatch: null, walker.World);
    }

    /// <summary>Runs a body in several threads at once and throws the exception of one of them as it is.</summary>
    internal static void InParallel(int threads, Action body)
    {
        if (threads == 1)
        {
            body();
            return;
        }

        var others = new Task[threads - 1];
        for (var i = 0; i < others.Length; i++)
        {
            others[i] = Task.Run(body);
        }

        try
        {
            body();
        }
        finally
        {
            Task.WhenAll(others).GetAwaiter().GetResult();
        }
    }

    private static string? Walk(Walker<TWorld> walker, byte[] start, SplitMix random, int depth, List<int> path)
    {
        var violation = walker.Load(start);
        while (violation is null && walker.Actions.Count > 0 && path.Count < depth)
        {
            var action = random.Next(walker.Actions.Count);
            path.Add(action);
            violation = walker.Take(action);
        }

        return violation;
    }

    private List<string> TraceOf(List<int> path)
    {
        var walker = new Walker<TWorld>(schema);
        walker.Load(Walker<TWorld>.Encode(schema, start()));
        var labels = new List<string>(path.Count);
        foreach (var action in path)
        {
            var label = walker.Label(action);
            walker.Find(label);
            labels.Add(label);
            walker.Take(action);
        }

        return labels;
    }

    /// <summary>The random numbers of a run.</summary>
    private sealed class SplitMix(ulong seed, int run)
    {
        private ulong state = Mix(seed) ^ Mix(~(ulong)run);

        public int Next(int bound) => (int)Math.BigMul(Mix(state += 0x9E3779B97F4A7C15), (ulong)bound, out _);

        private static ulong Mix(ulong value)
        {
            value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
            value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
            return value ^ (value >> 31);
        }
    }
}

/// <summary>What a search found.</summary>
/// <param name="States">Distinct states, the start included.</param>
/// <param name="Explored">States whose actions were all taken.</param>
/// <param name="Transitions">Actions taken.</param>
/// <param name="Depth">The largest number of actions on a shortest path to a state; the length of the trace, if there
/// is a violation.</param>
/// <param name="IsExhaustive">All reachable states were explored.</param>
/// <param name="Violation">What is wrong in the last state of the trace, or null.</param>
/// <param name="Trace">The labels of the actions that lead to the violation.</param>
internal sealed record ExplorerResult(
    long States,
    long Explored,
    long Transitions,
    int Depth,
    bool IsExhaustive,
    string? Violation,
    IReadOnlyList<string> Trace)
{
    public override string ToString()
    {
        var verdict = Violation ?? (IsExhaustive ? "no violation" : "no violation so far");
        var counts = $"{States} states, {Explored} explored, {Transitions} transitions, depth {Depth}: {verdict}";
        return string.Join(Environment.NewLine + "  ", Trace.Prepend(counts));
    }
}

/// <summary>What random walks found.</summary>
/// <param name="Runs">The runs; with a violation, up to the one that found it.</param>
/// <param name="Steps">Actions taken. With a violation, the number depends on the timing of threads.</param>
/// <param name="Violation">What is wrong in the last state of the trace, or null.</param>
/// <param name="Trace">The labels of the actions that lead to the violation.</param>
internal sealed record WalkResult(int Runs, long Steps, string? Violation, IReadOnlyList<string> Trace);

/// <summary>What a replay found.</summary>
/// <param name="Taken">Actions taken.</param>
/// <param name="Violation">What is wrong after the last of them, or null.</param>
/// <param name="Mismatch">Why the next label of the trace could not be taken, or null.</param>
/// <param name="World">The last state.</param>
internal sealed record ReplayResult<TWorld>(int Taken, string? Violation, string? Mismatch, TWorld World);
