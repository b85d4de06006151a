using System.Collections.Concurrent;
using DmIo.Io;

namespace DmIo.Actors.Tests.Client;

/// <summary>Counts callbacks, and completes when all expected ones have run.</summary>
internal sealed class OutcomeCount(int expected)
{
    private readonly TaskCompletionSource allThere = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<IoResult> results = new();
    private int count;

    internal IEnumerable<IoResult> Results => results;

    internal Task AllThere => allThere.Task;

    internal int Count => Volatile.Read(ref count);

    internal void Callback(IoResult result, object? context)
    {
        results.Enqueue(result);
        if (Interlocked.Increment(ref count) == expected)
        {
            allThere.SetResult();
        }
    }
}
