using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace DmIo.Volumes.Tests.Check;

/// <summary>
/// One breadth-first search. The states of a level are expanded in batches of groups. Threads expand groups and note
/// candidates: successors that are not visited. Afterwards one thread merges the candidates in the order of their
/// groups, so the timing of threads has no effect.
/// </summary>
internal sealed class Search<TWorld>
    where TWorld : World
{
    // Large enough that the merge, which one thread does, and the start of the threads cost little.
    private const int GroupsPerBatch = 64;
    private const int NoAction = -1;

    private readonly FingerprintSet visited = new();
    private readonly ParentLog parents = new();
    private readonly Expander[] expanders;
    private readonly Expansion[] batch;
    private StateArena level = new();
    private StateArena nextLevel = new();
    private int levelStart;
    private int depth;
    private long explored;
    private long transitions;

    public Search(StateSchema schema, byte[] start, int threads)
    {
        expanders = [.. Enumerable.Range(0, threads).Select(_ => new Expander(schema, visited))];
        batch = [.. Enumerable.Range(0, GroupsPerBatch).Select(_ => new Expansion())];
        visited.Add(XxHash128.HashToUInt128(start));
        parents.Add(0, 0);
        level.Append(start);
    }

    public ExplorerResult Run(
        long stateLimit,
        int depthLimit,
        Action<ExplorerResult>? progress,
        Func<List<int>, IReadOnlyList<string>> traceOf)
    {
        while (level.Count > 0 && depth < depthLimit)
        {
            for (var first = 0; first < level.Groups; first += GroupsPerBatch)
            {
                if (visited.Count >= stateLimit)
                {
                    return Result(isExhaustive: false, null, []);
                }

                if (ExpandBatch(first) is var (state, action, violation))
                {
                    var path = parents.PathTo(state);
                    path.AddRange(action == NoAction ? [] : [action]);
                    depth = path.Count;
                    return Result(isExhaustive: false, violation, traceOf(path));
                }
            }

            depth += nextLevel.Count > 0 ? 1 : 0;
            levelStart += level.Count;
            (level, nextLevel) = (nextLevel, level);
            nextLevel.Clear();
            progress?.Invoke(Result(level.Count == 0, null, []));
        }

        return Result(level.Count == 0, null, []);
    }

    private ExplorerResult Result(bool isExhaustive, string? violation, IReadOnlyList<string> trace) =>
        new(visited.Count, explored, transitions, depth, isExhaustive, violation, trace);

    private Failure? ExpandBatch(int first)
    {
        var count = Math.Min(GroupsPerBatch, level.Groups - first);
        var next = -1;
        var thread = -1;
        Explorer<TWorld>.InParallel(count == 1 ? 1 : expanders.Length, () =>
        {
            var expander = expanders[Interlocked.Increment(ref thread)];
            while (Interlocked.Increment(ref next) is var group && group < count)
            {
                expander.Expand(level, first + group, batch[group]);
            }
        });
        for (var group = 0; group < count; group++)
        {
            if (Merge(batch[group], levelStart + ((first + group) * StateArena.GroupSize)) is { } failure)
            {
                return failure;
            }
        }

        return null;
    }

    private Failure? Merge(Expansion expansion, int firstState)
    {
        foreach (ref readonly var candidate in CollectionsMarshal.AsSpan(expansion.Candidates))
        {
            if (visited.Add(candidate.Fingerprint))
            {
                parents.Add(firstState + candidate.Source, (ushort)candidate.Action);
                nextLevel.Append(expansion.BytesOf(candidate));
            }
        }

        explored += expansion.Explored;
        transitions += expansion.Transitions;
        return expansion.Failure is { } failure ? failure with { State = firstState + failure.State } : null;
    }

    /// <summary>An action of a state that leads to a violation.</summary>
    private sealed record Failure(int State, int Action, string Violation);

    /// <summary>A successor that was not visited before the batch. The source is a position in its group.</summary>
    private readonly record struct Candidate(UInt128 Fingerprint, int Source, int Action, int Start, int Length);

    /// <summary>What the expansion of a group found, up to the first violation.</summary>
    private sealed class Expansion
    {
        private byte[] bytes = new byte[1 << 12];
        private int used;

        public List<Candidate> Candidates { get; } = [];

        public int Explored { get; set; }

        public int Transitions { get; set; }

        public Failure? Failure { get; set; }

        public ReadOnlySpan<byte> BytesOf(in Candidate candidate) => bytes.AsSpan(candidate.Start, candidate.Length);

        public void Clear()
        {
            Candidates.Clear();
            used = Explored = Transitions = 0;
            Failure = null;
        }

        public void Add(UInt128 fingerprint, int source, int action, ReadOnlySpan<byte> state)
        {
            if (bytes.Length - used < state.Length)
            {
                Array.Resize(ref bytes, Math.Max(bytes.Length * 2, used + state.Length));
            }

            state.CopyTo(bytes.AsSpan(used));
            Candidates.Add(new Candidate(fingerprint, source, action, used, state.Length));
            used += state.Length;
        }
    }

    /// <summary>Expands groups in one thread.</summary>
    private sealed class Expander(StateSchema schema, FingerprintSet visited)
    {
        private readonly Walker<TWorld> walker = new(schema);

        // States that this thread met lately: visited, or a candidate of an earlier action in the order of the merge,
        // because a thread takes its groups in ascending order.
        private readonly UInt128[] recent = new UInt128[1 << 14];

        public void Expand(StateArena level, int group, Expansion into)
        {
            into.Clear();
            var states = level[group];
            for (var source = 0; states.MoveNext() && into.Failure is null; source++)
            {
                var state = states.Current;
                var violation = walker.Load(state);
                if (source == 0)
                {
                    walker.CheckEncoding(state);
                }

                into.Failure = violation is null ? null : new Failure(source, NoAction, violation);
                for (var action = 0; action < walker.Actions.Count && into.Failure is null; action++)
                {
                    Take(action, source, state, into);
                }

                into.Explored += into.Failure is null ? 1 : 0;
            }
        }

        private void Take(int action, int source, ReadOnlySpan<byte> state, Expansion into)
        {
            if (action > 0)
            {
                walker.Reload(state);
            }

            into.Transitions++;
            if (walker.Apply(action) is { } violation)
            {
                into.Failure = new Failure(source, action, violation);
                return;
            }

            var successor = walker.Encode();
            var fingerprint = XxHash128.HashToUInt128(successor);
            ref var slot = ref recent[(int)((ulong)fingerprint & (ulong)(recent.Length - 1))];
            if (slot != fingerprint && !visited.Contains(fingerprint))
            {
                into.Add(fingerprint, source, action, successor);
            }

            slot = fingerprint;
        }
    }
}
