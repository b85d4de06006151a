using System.Diagnostics.CodeAnalysis;
using DmIo.Io;

namespace DmIo.Volumes.Record;

/// <summary>
/// The fields of a <see cref="LegGeometry"/> in a superblock; the offsets are those of the superblock. Format version 1
/// fixes the areas that belong to a placement, a maximum size, and the presence of checksums; others are refused.
/// </summary>
internal static class GeometryCodec
{
    /// <summary>The flags of the superblock. A program refuses flags that it does not know.</summary>
    public const int FlagsAt = 60;

    /// <summary>The metadata is on a device of its own.</summary>
    public const uint ExternalFlag = 1;

    /// <summary>The member is a witness.</summary>
    public const uint WitnessFlag = 2;

    /// <summary>The flags that this program knows.</summary>
    public const uint KnownFlags = ExternalFlag | WitnessFlag;

    private const int DataStartAt = 608;
    private const int MaximumAt = 616;
    private const int ExtentShiftAt = 624;
    private const int RegionShiftAt = 625;
    private const int ActiveMapsAt = 632;
    private const int MissedMapsAt = 640;
    private const int ChecksumsAt = 648;
    private const int MetadataLengthAt = 656;
    private const int End = 704;

    /// <summary>Writes the fields to a superblock.</summary>
    public static void Encode(LegGeometry geometry, Span<byte> block)
    {
        block.PutUInt32(FlagsAt, geometry.Placement switch
        {
            MetadataPlacement.External => ExternalFlag,
            MetadataPlacement.Witness => WitnessFlag,
            _ => 0,
        });
        block.PutUInt64(DataStartAt, (ulong)geometry.DataStart.Bytes);
        block.PutUInt64(MaximumAt, (ulong)geometry.MaximumSize.Bytes);
        block[ExtentShiftAt] = LegGeometry.ExtentShift;
        block[RegionShiftAt] = LegGeometry.RegionShift;
        block.PutUInt64(ActiveMapsAt, (ulong)geometry.ActiveMaps.Bytes);
        block.PutUInt64(MissedMapsAt, (ulong)geometry.MissedMaps.Bytes);
        block.PutUInt64(ChecksumsAt, (ulong)geometry.Checksums.Bytes);
        block.PutUInt64(MetadataLengthAt, (ulong)geometry.MetadataLength.Bytes);
    }

    /// <summary>Reads the fields of a superblock.</summary>
    /// <param name="block">The superblock.</param>
    /// <param name="geometry">The geometry.</param>
    /// <param name="fault">Why the fields are invalid, as the end of a sentence.</param>
    public static bool TryDecode(
        ReadOnlySpan<byte> block,
        [NotNullWhen(true)] out LegGeometry? geometry,
        [NotNullWhen(false)] out string? fault)
    {
        geometry = null;
        var maximum = block.UInt64At(MaximumAt);
        var placement = block.UInt32At(FlagsAt) switch
        {
            0 => MetadataPlacement.Internal,
            ExternalFlag => MetadataPlacement.External,
            WitnessFlag => MetadataPlacement.Witness,
            _ => (MetadataPlacement?)null,
        };
        if (placement is null)
        {
            fault = $"has the flags 0x{block.UInt32At(FlagsAt):x}, which exclude each other";
            return false;
        }

        try
        {
            geometry = placement == MetadataPlacement.Witness
                ? LegGeometry.Witness
                : LegGeometry.For(
                    placement.Value,
                    ByteSize.FromBytes((long)Math.Min(maximum, long.MaxValue)),
                    hasChecksums: block.UInt64At(ChecksumsAt) != 0);
        }
        catch (ArgumentException)
        {
            fault = $"has the maximum size {maximum}, which is not a multiple of 512 up to {LegGeometry.Limit}";
            return false;
        }

        fault = Difference(geometry, block);
        geometry = fault is null ? geometry : null;
        return fault is null;
    }

    private static string? Difference(LegGeometry expected, ReadOnlySpan<byte> block)
    {
        Span<byte> bytes = stackalloc byte[LegGeometry.BlockBytes];
        bytes.Clear();
        Encode(expected, bytes);
        var fields = bytes[DataStartAt..End];
        var equal = fields.CommonPrefixLength(block[DataStartAt..End]);
        return equal == fields.Length ? null
            : $"has, at byte {DataStartAt + equal}, another geometry than belongs to its maximum size";
    }
}
