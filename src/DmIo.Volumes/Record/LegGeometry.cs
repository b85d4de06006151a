using DmIo.Io;

namespace DmIo.Volumes.Record;

/// <summary>Where a member of a volume keeps its metadata.</summary>
internal enum MetadataPlacement
{
    /// <summary>At the start of the leg, before the data.</summary>
    Internal,

    /// <summary>On a device or file of its own: the data begins at sector 0 of the leg.</summary>
    External,

    /// <summary>In the file of a witness, which has four superblocks and nothing else.</summary>
    Witness,
}

/// <summary>
/// The areas of a leg, in blocks of 4 KiB: superblocks 0 and 1, active maps, missed maps, checksums if the leg keeps
/// them, superblocks 2 and 3, data. A pure calculation; immutable.
/// <list type="bullet">
/// <item>The maps have room for a volume of <see cref="MaximumSize"/>; the data can grow up to it at the end of the
/// leg.</item>
/// <item>Superblocks 2 and 3 are the last two blocks before <see cref="MetadataLength"/>, a multiple of 1 MiB (16 KiB
/// for a witness), so they can be found by trying each MiB up to a bound if superblocks 0 and 1 are both
/// damaged.</item>
/// </list>
/// </summary>
internal sealed record LegGeometry
{
    /// <summary>The bytes of a block of metadata.</summary>
    public const int BlockBytes = 4096;

    /// <summary>The bits of a page of a map.</summary>
    public const int PageBits = (BlockBytes - PageHeaderBytes) * 8;

    /// <summary>The bytes before the bits of a page of a map.</summary>
    public const int PageHeaderBytes = 64;

    /// <summary>A bit of an active map stands for an extent of 4 MiB.</summary>
    public const int ExtentShift = 22;

    /// <summary>A bit of a missed map stands for a region of 64 KiB.</summary>
    public const int RegionShift = 16;

    /// <summary>The copies of the superblock.</summary>
    public const int Copies = 4;

    /// <summary>The slots of each page of the active map.</summary>
    public const int ActiveSlots = 2;

    /// <summary>The bytes of a witness.</summary>
    public const int WitnessBytes = Copies * BlockBytes;

    private const int MetadataAlignment = 1 << 20;
    private const int FirstCopies = 2;
    private const long LeastScanBytes = 64 << 20;
    private const int ChecksumBytes = 4;

    /// <summary>The largest volume: 8 EiB less 16 PiB for its metadata.</summary>
    public static ByteSize Limit => ByteSize.FromMiB((1L << 43) - (1L << 34));

    /// <summary>Where the metadata is.</summary>
    public required MetadataPlacement Placement { get; init; }

    /// <summary>The largest size of the volume that the maps have room for; 0 for a witness.</summary>
    public required ByteSize MaximumSize { get; init; }

    /// <summary>The length of all metadata.</summary>
    public required ByteSize MetadataLength { get; init; }

    /// <summary>The offset of the data on the leg; 0 for external metadata and for a witness.</summary>
    public required ByteSize DataStart { get; init; }

    /// <summary>The offset of the active maps.</summary>
    public required ByteSize ActiveMaps { get; init; }

    /// <summary>The offset of the missed maps.</summary>
    public required ByteSize MissedMaps { get; init; }

    /// <summary>The offset of the checksums; 0: there are none.</summary>
    public ByteSize Checksums { get; init; }

    /// <summary>The placement of a leg's metadata.</summary>
    /// <param name="isExternal">It is on a device of its own.</param>
    public static MetadataPlacement PlacementOf(bool isExternal) =>
        isExternal ? MetadataPlacement.External : MetadataPlacement.Internal;

    /// <summary>A file of a witness.</summary>
    public static LegGeometry Witness { get; } = new()
    {
        Placement = MetadataPlacement.Witness,
        MaximumSize = ByteSize.FromBytes(0),
        MetadataLength = ByteSize.FromBytes(WitnessBytes),
        DataStart = ByteSize.FromBytes(0),
        ActiveMaps = ByteSize.FromBytes(0),
        MissedMaps = ByteSize.FromBytes(0),
    };

    /// <summary>The extents of a volume of the maximum size: the bits of an active map.</summary>
    public long Extents => Divide(MaximumSize.Bytes, 1L << ExtentShift);

    /// <summary>The regions of a volume of the maximum size: the bits of a missed map.</summary>
    public long Regions => Divide(MaximumSize.Bytes, 1L << RegionShift);

    /// <summary>The pages of the active map.</summary>
    public long ActivePages => Divide(Extents, PageBits);

    /// <summary>The pages of the missed map of one member.</summary>
    public long MissedPages => Divide(Regions, PageBits);

    /// <summary>The areas of a leg for a volume that can grow up to a size.</summary>
    /// <param name="placement">Internal or external.</param>
    /// <param name="maximum">The largest size of the volume. To use a whole device without a plan to grow, its
    /// capacity.</param>
    /// <param name="hasChecksums">Reserve 4 bytes per 4 KiB for checksums.</param>
    /// <exception cref="ArgumentException">The size is invalid; the message has the limit.</exception>
    public static LegGeometry For(MetadataPlacement placement, ByteSize maximum, bool hasChecksums = false)
    {
        Invariant.Require(placement != MetadataPlacement.Witness);
        if (maximum.Bytes == 0 || !maximum.IsWholeSectors || maximum > Limit)
        {
            throw new ArgumentException(
                $"The maximum size {maximum} of the volume is not a multiple of {Sector.SizeBytes} bytes from "
                + $"{Sector.SizeBytes} to {Limit}. Choose one that is.",
                nameof(maximum));
        }

        var sized = Witness with { Placement = placement, MaximumSize = maximum };
        var active = FirstCopies * (long)BlockBytes;
        var missed = active + (sized.ActivePages * ActiveSlots * BlockBytes);
        var checksums = missed + (sized.MissedPages * VolumeConfiguration.MaxLegs * BlockBytes);
        var end = checksums
            + (hasChecksums ? Divide(Divide(maximum.Bytes, BlockBytes) * ChecksumBytes, BlockBytes) * BlockBytes : 0)
            + ((Copies - FirstCopies) * BlockBytes);
        var length = ByteSize.FromBytes(Divide(end, MetadataAlignment) * MetadataAlignment);
        return sized with
        {
            MetadataLength = length,
            DataStart = placement == MetadataPlacement.Internal ? length : default,
            ActiveMaps = ByteSize.FromBytes(active),
            MissedMaps = ByteSize.FromBytes(missed),
            Checksums = ByteSize.FromBytes(hasChecksums ? checksums : 0),
        };
    }

    /// <summary>The areas of a leg for a volume that can at least double: up to the largest size whose metadata is not
    /// longer.</summary>
    /// <param name="placement">Internal or external.</param>
    /// <param name="size">The size of the volume, or the capacity of the leg.</param>
    /// <exception cref="ArgumentException">The size is invalid; the message has the limit.</exception>
    public static LegGeometry Growable(MetadataPlacement placement, ByteSize size)
    {
        var doubled = size.Bytes <= Limit.Bytes / 2 ? ByteSize.FromBytes(2 * size.Bytes)
            : size > Limit ? size
            : Limit;
        var least = For(placement, doubled);
        var blocks = (least.MetadataLength.Bytes / BlockBytes) - Copies;
        var pages = blocks / VolumeConfiguration.MaxLegs;
        while ((pages * VolumeConfiguration.MaxLegs)
            + (Divide(pages, 1L << (ExtentShift - RegionShift)) * ActiveSlots) > blocks)
        {
            pages--;
        }

        var largest = Math.Min(Limit.Bytes, pages * PageBits << RegionShift);
        return largest > doubled.Bytes ? For(placement, ByteSize.FromBytes(largest)) : least;
    }

    /// <summary>The offsets at which superblock 2 can be, in ascending order, if superblocks 0 and 1 are both damaged;
    /// superblock 3 is in the next block. Bounded: a volume of up to 3.9 TiB, or of the capacity, has its metadata
    /// before the last one.</summary>
    /// <param name="capacity">The capacity of the device or file with the metadata.</param>
    public static IEnumerable<Sector> LaterCopies(ByteSize capacity)
    {
        if (capacity.Bytes >= WitnessBytes)
        {
            yield return SectorOf(WitnessBytes - (FirstCopies * BlockBytes));
        }

        var longest = Math.Max(LeastScanBytes, UsualLength(capacity) ?? 0);
        for (long end = MetadataAlignment; end <= Math.Min(longest, capacity.Bytes); end += MetadataAlignment)
        {
            yield return SectorOf(end - (FirstCopies * BlockBytes));
        }

        if (UsualLength(capacity, hasChecksums: true) is { } length && length > longest && length <= capacity.Bytes)
        {
            yield return SectorOf(length - (FirstCopies * BlockBytes));
        }
    }

    /// <summary>The offsets at which superblock 2 is on a witness, and on a leg that was created with its capacity and
    /// the usual room to grow.</summary>
    /// <param name="capacity">The capacity of the device or file with the metadata.</param>
    public static IEnumerable<Sector> UsualLaterCopies(ByteSize capacity) =>
        new[] { WitnessBytes, UsualLength(capacity) ?? WitnessBytes }.Distinct().Where(end => end <= capacity.Bytes)
            .Select(end => SectorOf(end - (FirstCopies * BlockBytes)));

    /// <summary>The largest volume that a leg of a capacity can hold now; 0: the metadata takes all of it.</summary>
    /// <param name="capacity">The capacity of the device or file with the data.</param>
    public ByteSize RoomOn(ByteSize capacity)
    {
        var room = Math.Max(0, capacity.Bytes - DataStart.Bytes) / Sector.SizeBytes * Sector.SizeBytes;
        return ByteSize.Min(ByteSize.FromBytes(room), MaximumSize);
    }

    /// <summary>The largest volume that a leg of a capacity can hold now.</summary>
    /// <param name="capacity">The capacity of the device or file with the data.</param>
    /// <exception cref="ArgumentException">The leg has no room for data.</exception>
    public ByteSize SizeOn(ByteSize capacity)
    {
        return RoomOn(capacity) is { Bytes: > 0 } room
            ? room
            : throw new ArgumentException(
                $"A leg of {capacity} has no room for data after the metadata of {DataStart} that a volume of up to "
                + $"{MaximumSize} needs. Use a leg of more than {DataStart}, or a smaller maximum size.",
                nameof(capacity));
    }

    /// <summary>The position of a copy of the superblock.</summary>
    public Sector SuperblockAt(int copy)
    {
        Invariant.Require(copy is >= 0 and < Copies);
        return SectorOf(
            copy < FirstCopies ? (long)copy * BlockBytes : MetadataLength.Bytes - ((Copies - copy) * BlockBytes));
    }

    /// <summary>The position of a page of the active map.</summary>
    public Sector ActivePageAt(long page, int slot)
    {
        Invariant.Require(page >= 0 && page < ActivePages && slot is >= 0 and < ActiveSlots);
        return SectorOf(ActiveMaps.Bytes + (((page * ActiveSlots) + slot) * BlockBytes));
    }

    /// <summary>The position of a page of the missed map of a leg.</summary>
    public Sector MissedPageAt(int member, long page)
    {
        Invariant.Require(member is >= 0 and < VolumeConfiguration.MaxLegs && page >= 0 && page < MissedPages);
        return SectorOf(MissedMaps.Bytes + (((member * MissedPages) + page) * BlockBytes));
    }

    /// <summary>The length of the metadata of a leg that was created with its capacity; null: no volume has that
    /// size.</summary>
    private static long? UsualLength(ByteSize capacity, bool hasChecksums = false)
    {
        var maximum = ByteSize.FromBytes(capacity.Bytes / Sector.SizeBytes * Sector.SizeBytes);
        return maximum.Bytes > 0 && maximum <= Limit
            ? For(
                MetadataPlacement.Internal, Growable(MetadataPlacement.Internal, maximum).MaximumSize, hasChecksums)
                .MetadataLength.Bytes
            : null;
    }

    private static Sector SectorOf(long offset) => new(offset / Sector.SizeBytes);

    private static long Divide(long value, long divisor) => (value / divisor) + (value % divisor == 0 ? 0 : 1);
}
