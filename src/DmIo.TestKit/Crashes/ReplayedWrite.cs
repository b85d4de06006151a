using DmIo.Io;

namespace DmIo.TestKit.Crashes;

/// <summary>
/// A logged operation that changes sectors, and the event from which on it survives a crash. Immutable.
/// </summary>
/// <param name="Operation">A write, zeroes or a discard.</param>
/// <param name="CertainAt">The event that made it certain; a position beyond the end of every log: none did.</param>
internal sealed record ReplayedWrite(LoggedOperation Operation, int CertainAt)
{
    internal bool IsIssuedAt(int point) => Operation.IssuedAt < point;

    internal bool IsInFlightAt(int point) => Operation.EndedAt >= point;

    internal bool IsCertainAt(int point) => CertainAt < point;

    /// <summary>The largest number of bytes that may be present: the transferred bytes if known, otherwise the
    /// requested ones.</summary>
    internal long BytesAt(int point) => IsInFlightAt(point) ? Operation.LengthBytes : Operation.WrittenBytes;

    internal long BlocksAt(int point) => (BytesAt(point) + BlockBytes - 1) / BlockBytes;

    internal int BlockBytes => (int)Operation.Device.Description.BlockSize.Bytes;

    private long FirstByte => Operation.Start.Value * Sector.SizeBytes;

    /// <summary>The bytes of the write that are on the device after <paramref name="tear"/>, in runs.</summary>
    internal IEnumerable<(long First, long Count)> PresentBytes(Tear tear, int point)
    {
        var bytes = BytesAt(point);
        foreach (var (first, count) in tear.PresentBlocks(BlocksAt(point)))
        {
            var from = first * BlockBytes;
            var length = Math.Min(count * BlockBytes, bytes - from);
            yield return (FirstByte + from, length);
        }
    }

    /// <summary>True if a part of the write is visible below later certain writes.</summary>
    internal bool IsVisibleUnder(IEnumerable<ReplayedWrite> later, int point)
    {
        var rest = PresentBytes(Tear.Whole, point).Where(run => run.Count > 0).ToList();
        foreach (var write in later)
        {
            foreach (var (first, count) in write.PresentBytes(Tear.Whole, point))
            {
                rest = [.. rest.SelectMany(run => Without(run, first, first + count))];
            }
        }

        return rest.Count > 0;
    }

    private static IEnumerable<(long First, long Count)> Without((long First, long Count) run, long from, long to)
    {
        var end = run.First + run.Count;
        if (from > run.First)
        {
            yield return (run.First, Math.Min(from, end) - run.First);
        }

        if (to < end)
        {
            var first = Math.Max(to, run.First);
            yield return (first, end - first);
        }
    }
}
