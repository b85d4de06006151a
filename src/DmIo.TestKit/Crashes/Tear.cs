namespace DmIo.TestKit.Crashes;

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
