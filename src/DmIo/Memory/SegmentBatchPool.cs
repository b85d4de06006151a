using System.Collections.Concurrent;

namespace DmIo.Memory;

/// <summary>
/// Segment batches for reuse, from any thread, so that a request allocates none. Keeps a bounded number of them; what
/// it keeps holds no memory of a request.
/// </summary>
internal static class SegmentBatchPool
{
    private const int MaxKept = 128;

    // What one vectored system call takes, twice; clearing a buffer of a million pages needs more, once.
    private const int MaxKeptCapacity = 2048;

    private static readonly ConcurrentQueue<SegmentBatch> Kept = new();
    private static SegmentBatch? hot;
    private static int keptCount;

    /// <summary>An empty batch.</summary>
    internal static SegmentBatch Rent()
    {
        var batch = Interlocked.Exchange(ref hot, null);
        if (batch is not null)
        {
            return batch;
        }

        if (Kept.TryDequeue(out batch))
        {
            Interlocked.Decrement(ref keptCount);
            return batch;
        }

        return new SegmentBatch();
    }

    /// <summary>Takes a batch back. No device may use it any more.</summary>
    internal static void Return(SegmentBatch batch)
    {
        batch.Clear();
        if (batch.Capacity > MaxKeptCapacity || Interlocked.CompareExchange(ref hot, batch, null) is null)
        {
            return;
        }

        if (Interlocked.Increment(ref keptCount) <= MaxKept)
        {
            Kept.Enqueue(batch);
        }
        else
        {
            Interlocked.Decrement(ref keptCount);
        }
    }
}
