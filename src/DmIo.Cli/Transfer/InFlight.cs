namespace DmIo.Cli.Transfer;

/// <summary>
/// The chunks in flight, in the order of their submission. They are completed in this order, one at a time, so that the
/// completion (counting, writing to the output) needs no lock.
/// </summary>
internal sealed class InFlight<TChunk>(Func<TChunk, ValueTask> complete)
{
    private readonly Queue<Task<TChunk>> chunks = new();

    /// <summary>Completes the oldest chunks until fewer than <paramref name="limit"/> are in flight.</summary>
    internal async ValueTask MakeRoomAsync(int limit)
    {
        while (chunks.Count >= limit)
        {
            await complete(await chunks.Dequeue());
        }
    }

    internal void Add(Task<TChunk> chunk) => chunks.Enqueue(chunk);

    /// <summary>Completes all chunks.</summary>
    internal ValueTask DrainAsync() => MakeRoomAsync(1);

    /// <summary>Waits for all chunks without completing them: a request in flight still uses its buffer.</summary>
    internal async ValueTask AbandonAsync()
    {
        while (chunks.TryDequeue(out var chunk))
        {
            await chunk;
        }
    }
}
