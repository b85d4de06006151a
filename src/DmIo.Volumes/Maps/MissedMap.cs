using DmIo.Io;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Maps;

/// <summary>
/// The missed map of one member, as one leg stores it: the regions that the member lacks. Each page has one copy; if it
/// is bad, all bits of the page are set. Holds the next sequence, not the bits. Not thread-safe.
/// </summary>
internal sealed class MissedMap
{
    private readonly LegGeometry geometry;
    private readonly Guid leg;
    private readonly List<MapFault> faults = [];
    private ulong nextSequence = 1;

    /// <summary>A map of which no page was ever written.</summary>
    /// <param name="geometry">The areas of the leg that stores the map.</param>
    /// <param name="leg">The leg that stores the map.</param>
    /// <param name="member">The member that lacks the regions.</param>
    public MissedMap(LegGeometry geometry, Guid leg, byte member)
    {
        Invariant.Require(member < VolumeConfiguration.MaxLegs);
        this.geometry = geometry;
        this.leg = leg;
        Member = member;
    }

    /// <summary>The member that lacks the regions.</summary>
    public byte Member { get; }

    /// <summary>The bad pages that were loaded.</summary>
    public IReadOnlyList<MapFault> Faults => faults;

    /// <summary>Reads a page. All pages are read before one is encoded.</summary>
    /// <param name="page">The number of the page.</param>
    /// <param name="block">The block; empty: it could not be read.</param>
    /// <param name="regions">Gets the regions of the page.</param>
    public void Load(long page, ReadOnlySpan<byte> block, RegionSet regions)
    {
        var id = new MapPageId(MapKind.Missed, leg, Member, page);
        var bits = new ulong[RegionPage.WordCount];
        MapPage.TryDecode(block, id, bits, out var sequence, out var fault);
        nextSequence = Math.Max(nextSequence, sequence + 1);
        PageLoad.Add(page, fault, bits, geometry.Regions, regions, faults);
    }

    /// <summary>Encodes the present bits of a page.</summary>
    /// <param name="page">The number of the page.</param>
    /// <param name="regions">All regions of the map.</param>
    /// <param name="block">Gets the block: 4096 bytes.</param>
    /// <returns>Where the block belongs.</returns>
    public Sector Encode(long page, RegionSet regions, Span<byte> block)
    {
        Span<ulong> bits = stackalloc ulong[RegionPage.WordCount];
        regions.CopyPage(page, bits);
        MapPage.Encode(new MapPageId(MapKind.Missed, leg, Member, page), nextSequence++, bits, block);
        return geometry.MissedPageAt(Member, page);
    }
}
