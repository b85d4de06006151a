namespace DmIo.Cli;

/// <summary>
/// The chunks in flight, in order. They are completed in order too, one at a time, so that what completing does
/// (adding up, writing to the output) needs no lock.
/// </summary>
internal sealed class InFlight<TChunk>(Func<TChunk, ValueTask> complete)
{
    private readonly Queue<Task<TChunk>> chunks = new();

    /// <summary>Completes the oldest until fewer than <paramref name="limit"/> are in flight.</summary>
    internal async ValueTask MakeRoomAsync(int limit)
    {
        while (chunks.Count >= limit)
        {
            await complete(await chunks.Dequeue());
        }
    }

    internal void Add(Task<TChunk> chunk) => chunks.Enqueue(chunk);

    /// <summary>Completes all.</summary>
    internal ValueTask DrainAsync() => MakeRoomAsync(1);

    /// <summary>Waits for all and completes none: what is in flight still has its memory.</summary>
    internal async ValueTask AbandonAsync()
    {
        while (chunks.TryDequeue(out var chunk))
        {
            await chunk;
        }
    }
}
