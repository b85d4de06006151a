using DmIo.Io;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Maps;

/// <summary>
/// The active map of a leg on disk: extents that are being written. Each page has two slots, which are written in turn.
/// <list type="bullet">
/// <item>The slot with the higher sequence has the bits of the page.</item>
/// <item>If a slot is bad, all bits of the page are set, even if the other slot is valid: a rotten slot may have been
/// the newer one, with marks of writes that were answered.</item>
/// <item>A bad slot is the next to be written.</item>
/// </list>
/// Holds the next slot of each page and the next sequence, not the bits. Not thread-safe.
/// </summary>
internal sealed class ActiveMap
{
    private readonly LegGeometry geometry;
    private readonly Guid leg;
    private readonly List<MapFault> faults = [];

    /// <summary>The pages of which slot 1 is the next to be written.</summary>
    private readonly RegionSet nextSlot = new();

    private ulong nextSequence = 1;

    /// <summary>A map of which no slot was ever written: both slots of each page are to be written.</summary>
    public ActiveMap(LegGeometry geometry, Guid leg)
    {
        this.geometry = geometry;
        this.leg = leg;
    }

    /// <summary>The pages with bad slots that were loaded.</summary>
    public IReadOnlyList<MapFault> Faults => faults;

    /// <summary>Reads a page. All pages are read before one is encoded.</summary>
    /// <param name="page">The number of the page.</param>
    /// <param name="first">The block of slot 0; empty: it could not be read.</param>
    /// <param name="second">The block of slot 1; empty: it could not be read.</param>
    /// <param name="extents">Gets the extents of the page.</param>
    public void Load(long page, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, RegionSet extents)
    {
        var id = new MapPageId(MapKind.Active, leg, 0, page);
        var (bits, others) = (new ulong[RegionPage.WordCount], new ulong[RegionPage.WordCount]);
        var isFirst = MapPage.TryDecode(first, id, bits, out var sequence, out var firstFault);
        var isSecond = MapPage.TryDecode(second, id, others, out var other, out var secondFault);
        SetNextSlot(page, !isFirst || (isSecond && sequence < other) ? 0 : 1);
        nextSequence = Math.Max(nextSequence, Math.Max(sequence, other) + 1);
        var fault = firstFault is not null ? $"slot 0 {firstFault}"
            : secondFault is not null ? $"slot 1 {secondFault}"
            : sequence == other ? $"both slots have the sequence {sequence}"
            : null;
        var newer = sequence > other ? bits : others;
        PageLoad.Add(page, fault, newer, geometry.Extents, extents, faults);
    }

    /// <summary>Encodes the present bits of a page.</summary>
    /// <param name="page">The number of the page.</param>
    /// <param name="extents">All extents of the map.</param>
    /// <param name="block">Gets the block: 4096 bytes.</param>
    /// <returns>Where the block belongs: in the slot that was not written last. A page is not encoded again before the
    /// write has completed. If the write fails, the leg fails.</returns>
    public Sector Encode(long page, RegionSet extents, Span<byte> block)
    {
        Span<ulong> bits = stackalloc ulong[RegionPage.WordCount];
        extents.CopyPage(page, bits);
        var slot = nextSlot.Contains(page) ? 1 : 0;
        MapPage.Encode(new MapPageId(MapKind.Active, leg, 0, page), nextSequence++, bits, block);
        SetNextSlot(page, 1 - slot);
        return geometry.ActivePageAt(page, slot);
    }

    private void SetNextSlot(long page, int slot) => _ = slot == 0 ? nextSlot.Clear(page) : nextSlot.Set(page);
}
