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

/// <summary>The part of a write that is present after a crash.</summary>
internal enum TearKind
{
    Whole,
    Lost,
    Prefix,
    Suffix,
    Only,
    AllBut,
    Scattered,
}

/// <summary>
/// The blocks of one write that are present after a crash: all, none, a prefix, a suffix, a single one, all but one, or
/// a random set. A block is never torn itself. For a write of up to three blocks the first six kinds cover every
/// possibility.
/// </summary>
/// <param name="Kind">The kind.</param>
/// <param name="At">Prefix: the number of blocks; Suffix: the first block; Only, AllBut: the block; Scattered: the
/// seed.</param>
internal readonly record struct Tear(TearKind Kind, long At = 0)
{
    internal static Tear Whole => new(TearKind.Whole);

    internal static Tear Lost => new(TearKind.Lost);

    /// <summary>The number of tears of <see cref="All"/>.</summary>
    internal static long CountAll(long blocks, bool torn) =>
        !torn || blocks == 1 ? 2 : 2 + (2 * (blocks - 1)) + (2 * (blocks - 2));

    /// <summary>Every possible tear once, except scattered ones.</summary>
    internal static IEnumerable<Tear> All(long blocks, bool torn)
    {
        yield return Whole;
        yield return Lost;
        for (var at = 1L; torn && at < blocks; at++)
        {
            yield return new Tear(TearKind.Prefix, at);
            yield return new Tear(TearKind.Suffix, at);
            if (at < blocks - 1)
            {
                yield return new Tear(TearKind.Only, at);
                yield return new Tear(TearKind.AllBut, at);
            }
        }
    }

    /// <summary>A random tear, other than a whole write; lost with a probability of one half.</summary>
    internal static Tear Draw(Random random, long blocks, bool torn)
    {
        if (!torn || blocks == 1 || random.Next(2) == 0)
        {
            return Lost;
        }

        var kind = (TearKind)random.Next((int)TearKind.Prefix, (int)TearKind.Scattered + 1);
        return kind switch
        {
            TearKind.Scattered => new Tear(kind, random.Next()),
            TearKind.Only or TearKind.AllBut => new Tear(kind, random.NextInt64(blocks)),
            _ => new Tear(kind, random.NextInt64(1, blocks)),
        };
    }

    /// <summary>The runs of present blocks, in order, of a write of <paramref name="blocks"/> blocks.</summary>
    internal IEnumerable<(long First, long Count)> PresentBlocks(long blocks)
    {
        var at = At;
        return Kind switch
        {
            TearKind.Whole => [(0, blocks)],
            TearKind.Prefix => [(0, at)],
            TearKind.Suffix => [(at, blocks - at)],
            TearKind.Only => [(at, 1)],
            TearKind.AllBut => new[] { (0L, at), (at + 1, blocks - at - 1) }.Where(run => run.Item2 > 0),
            TearKind.Scattered => Scatter(blocks, new Random((int)at)),
            _ => [],
        };
    }

    private static IEnumerable<(long First, long Count)> Scatter(long blocks, Random random)
    {
        for (var block = 0L; block < blocks; block++)
        {
            if (random.Next(2) == 0)
            {
                yield return (block, 1);
            }
        }
    }
}
