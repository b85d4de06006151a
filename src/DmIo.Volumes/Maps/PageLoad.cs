namespace DmIo.Volumes.Maps;

/// <summary>Adds a page that was read to the set of its map: its bits, or all of them if the page is bad.</summary>
internal static class PageLoad
{
    /// <param name="page">The number of the page.</param>
    /// <param name="fault">Why the page is bad; null: it is valid.</param>
    /// <param name="bits">The bits of a valid page.</param>
    /// <param name="limit">The number of bits of the map. A valid page with bits beyond it is bad.</param>
    /// <param name="set">The set.</param>
    /// <param name="faults">Gets the fault.</param>
    public static void Add(
        long page, string? fault, ReadOnlySpan<ulong> bits, long limit, RegionSet set, List<MapFault> faults)
    {
        var first = page * RegionSet.PageBits;
        var count = (int)Math.Min(RegionSet.PageBits, limit - first);
        Invariant.Require(page >= 0 && count > 0);
        fault ??= HasBitsFrom(bits, count) ? $"has bits beyond the last, {count - 1}" : null;
        if (fault is null)
        {
            set.UnionWithPage(page, bits);
            return;
        }

        set.SetRange(new RegionRange(first, count));
        faults.Add(new MapFault(page, fault));
    }

    private static bool HasBitsFrom(ReadOnlySpan<ulong> bits, int from)
    {
        var word = from >> 6;
        return word < bits.Length
            && ((bits[word] & (ulong.MaxValue << from)) != 0 || bits[(word + 1)..].ContainsAnyExcept(0UL));
    }
}
