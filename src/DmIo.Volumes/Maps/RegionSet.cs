using System.Numerics;
namespace DmIo.Volumes.Maps;

/// <summary>
/// A set of regions of a volume, or of extents: one bit each, in pages of 32,256 bits, as on disk.
/// <list type="bullet">
/// <item>A page of which no region or every region is in the set has no words, so a full set is as small as an empty
/// one. Other pages have 4032 bytes. For 64 KiB regions that is at most 2.1 MiB per TiB of volume; for 4 MiB extents at
/// most 33 KiB per TiB.</item>
/// <item>Pages are in tables of 1024 (16 KiB each; 1.97 TiB of 64 KiB regions, or 126 TiB of extents), which exist if a
/// region of theirs was ever set. The list of tables grows with the highest region, by 8 bytes each: 34 MB for the
/// last region of 8 EiB.</item>
/// <item><see cref="Count"/> is the number of bits set in all pages.</item>
/// </list>
/// Not thread-safe.
/// </summary>
internal sealed class RegionSet
{
    /// <summary>The bits of a page: 4096 bytes less a header of 64 bytes.</summary>
    public const int PageBits = RegionPage.Bits;

    /// <summary>The words of a page.</summary>
    public const int PageWords = RegionPage.WordCount;

    /// <summary>Regions are below this number: a volume of 8 EiB in regions of 64 KiB.</summary>
    public const long Limit = 1L << 47;

    private const int TablePages = 1024;

    /// <summary>Tables of fewer pages grow by doubling: most volumes are small.</summary>
    private const int SmallTablePages = 16;

    /// <summary>Stands for the pages without a table; never changed.</summary>
    private static readonly RegionPage[] NoPage = new RegionPage[1];

    private RegionPage[]?[] tables = [];
    private ulong[]? spare;

    /// <summary>Creates an empty set.</summary>
    public RegionSet()
    {
    }

    /// <summary>Creates a copy.</summary>
    public RegionSet(RegionSet other) => UnionWith(other);

    /// <summary>The number of regions in the set.</summary>
    public long Count { get; private set; }

    /// <summary>No region is in the set.</summary>
    public bool IsEmpty => Count == 0;

    /// <summary>The region is in the set.</summary>
    public bool Contains(long region)
    {
        RequireRange(new RegionRange(region, 1));
        ref var page = ref PageAt(region / PageBits);
        return page.Contains((int)(region % PageBits));
    }

    /// <summary>All regions of the range are in the set; true for an empty range.</summary>
    public bool ContainsAll(RegionRange range)
    {
        RequireRange(range);
        return range.Count == 0 || FindNextClear(range.First) >= range.End;
    }

    /// <summary>A region of the range is in the set.</summary>
    public bool Overlaps(RegionRange range)
    {
        RequireRange(range);
        return range.Count != 0 && FindNext(range.First) is var found && found >= 0 && found < range.End;
    }

    /// <summary>Adds a region.</summary>
    /// <returns>True if the region was not in the set.</returns>
    public bool Set(long region) => SetRange(new RegionRange(region, 1)) != 0;

    /// <summary>Removes a region.</summary>
    /// <returns>True if the region was in the set.</returns>
    public bool Clear(long region) => ClearRange(new RegionRange(region, 1)) != 0;

    /// <summary>Adds regions.</summary>
    /// <returns>The number of regions that were not in the set.</returns>
    public long SetRange(RegionRange range)
    {
        RequireRange(range);
        var before = Count;
        for (var next = range.First; next < range.End;)
        {
            var from = (int)(next % PageBits);
            var to = (int)Math.Min(PageBits, from + range.End - next);
            ref var page = ref GrowTo(next / PageBits);
            Count += page.Write(from, to, value: true, ref spare);
            next += to - from;
        }

        return Count - before;
    }

    /// <summary>Removes regions.</summary>
    /// <returns>The number of regions that were in the set.</returns>
    public long ClearRange(RegionRange range)
    {
        RequireRange(range);
        var before = Count;
        for (var next = NextPage(range.First / PageBits); next >= 0 && next * PageBits < range.End;
            next = NextPage(next + 1))
        {
            var from = (int)Math.Max(0, range.First - (next * PageBits));
            var to = (int)Math.Min(PageBits, range.End - (next * PageBits));
            Count += PageAt(next).Write(from, to, value: false, ref spare);
        }

        return before - Count;
    }

    /// <summary>Removes all regions.</summary>
    public void Clear()
    {
        tables = [];
        Count = 0;
    }

    /// <summary>Adds the regions of another set.</summary>
    public void UnionWith(RegionSet other)
    {
        for (var next = other.NextPage(0); next >= 0 && other != this; next = other.NextPage(next + 1))
        {
            Count += GrowTo(next).UnionWith(in other.PageAt(next), ref spare);
        }
    }

    /// <summary>Adds the regions of 64 KiB that a set of extents of 4 MiB covers.</summary>
    /// <param name="extents">The extents.</param>
    /// <param name="regions">The number of regions of the volume, which may end within its last extent.</param>
    public void UnionWithExtents(RegionSet extents, long regions)
    {
        foreach (var range in extents.Ranges())
        {
            var first = Math.Min(regions, range.First * RegionRange.RegionsPerExtent);
            var end = Math.Min(regions, range.End * RegionRange.RegionsPerExtent);
            SetRange(new RegionRange(first, end - first));
        }
    }

    /// <summary>Removes the regions of another set.</summary>
    public void ExceptWith(RegionSet other)
    {
        if (other == this)
        {
            Clear();
            return;
        }

        for (var next = NextPage(0); next >= 0; next = NextPage(next + 1))
        {
            Count += PageAt(next).ExceptWith(in other.PageAt(next), ref spare);
        }
    }

    /// <summary>Both sets have the same regions.</summary>
    public bool SetEquals(RegionSet other)
    {
        var equal = Count == other.Count;
        for (var next = NextPage(0); equal && next >= 0; next = NextPage(next + 1))
        {
            equal = PageAt(next).HasEqualBits(in other.PageAt(next));
        }

        return equal;
    }

    /// <summary>The first region of the set from a number on; -1: there is none.</summary>
    public long FindNext(long from)
    {
        RequireRange(new RegionRange(from, 0));
        var bit = (int)(from % PageBits);
        var next = NextPage(from / PageBits);
        bit = next == from / PageBits ? bit : 0;
        for (; next >= 0; next = NextPage(next + 1), bit = 0)
        {
            if (PageAt(next).Find(bit, value: true) is var found && found < PageBits)
            {
                return (next * PageBits) + found;
            }
        }

        return -1;
    }

    /// <summary>The first region that is not in the set, from a number on; at most <see cref="Limit"/>.</summary>
    public long FindNextClear(long from)
    {
        RequireRange(new RegionRange(from, 0));
        var bit = (int)(from % PageBits);
        for (var next = from / PageBits; ; next++, bit = 0)
        {
            if (PageAt(next).Find(bit, value: false) is var found && found < PageBits)
            {
                return Math.Min(Limit, (next * PageBits) + found);
            }
        }
    }

    /// <summary>The regions of the set in ascending order, as ranges that neither touch nor overlap. The set must not
    /// be changed during the enumeration.</summary>
    public IEnumerable<RegionRange> Ranges()
    {
        for (var first = FindNext(0); first >= 0;)
        {
            var end = FindNextClear(first);
            yield return new RegionRange(first, end - first);
            first = FindNext(end);
        }
    }

    /// <summary>The first page from a number on that has a region of the set; -1: there is none.</summary>
    public long NextPage(long from)
    {
        for (var table = from / TablePages; table < tables.Length; table++)
        {
            var pages = tables[table] ?? [];
            for (var i = table == from / TablePages ? (int)(from % TablePages) : 0; i < pages.Length; i++)
            {
                if (pages[i].Count != 0)
                {
                    return (table * TablePages) + i;
                }
            }
        }

        return -1;
    }

    /// <summary>Copies the bits of a page: region 0 of the page is the lowest bit of the first word.</summary>
    /// <param name="page">The number of the page.</param>
    /// <param name="destination">Exactly <see cref="PageWords"/> words.</param>
    public void CopyPage(long page, Span<ulong> destination)
    {
        Invariant.Require(destination.Length == PageWords);
        PageAt(page).CopyTo(destination);
    }

    /// <summary>Adds the regions of a page.</summary>
    /// <param name="page">The number of the page.</param>
    /// <param name="added">Exactly <see cref="PageWords"/> words.</param>
    public void UnionWithPage(long page, ReadOnlySpan<ulong> added)
    {
        Invariant.Require(added.Length == PageWords);
        RequireRange(new RegionRange(page * PageBits, 0));
        Count += GrowTo(page).UnionWith(added, ref spare);
    }

    /// <summary>Checks the properties that the summary lists.</summary>
    public void CheckInvariants()
    {
        var count = 0L;
        foreach (var page in tables.SelectMany(table => table ?? []))
        {
            count += page.Count;
            page.CheckInvariants();
            Invariant.Require(page.Words is null || page.Words != spare);
        }

        Invariant.Require(count == Count);
    }

    public override string ToString() => $"{Count} regions: {string.Join(", ", Ranges().Take(8))}";

    private static void RequireRange(RegionRange range) =>
        Invariant.Require(range.First is >= 0 and <= Limit && range.Count >= 0 && range.Count <= Limit - range.First);

    /// <summary>A page to read, or to change if it has regions.</summary>
    private ref RegionPage PageAt(long page)
    {
        var table = page / TablePages;
        return ref table < tables.Length && tables[table] is { } pages && page % TablePages < pages.Length
            ? ref pages[page % TablePages]
            : ref NoPage[0];
    }

    private ref RegionPage GrowTo(long page)
    {
        var table = page / TablePages;
        if (table >= tables.Length)
        {
            var doubled = Math.Min(2L * tables.Length, Limit / PageBits / TablePages);
            Array.Resize(ref tables, (int)Math.Max(table + 1, doubled));
        }

        var index = (int)(page % TablePages);
        if (tables[table] is not { } pages || index >= pages.Length)
        {
            var length = index < SmallTablePages ? (int)BitOperations.RoundUpToPowerOf2((uint)index + 1) : TablePages;
            Array.Resize(ref tables[table], length);
        }

        return ref tables[table]![index];
    }
}
