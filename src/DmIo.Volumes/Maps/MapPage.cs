using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Maps;

/// <summary>The kinds of maps on disk; the numbers are part of the format.</summary>
internal enum MapKind : byte
{
    /// <summary>Extents of 4 MiB that are being written.</summary>
    Active = 1,

    /// <summary>Regions of 64 KiB that a leg lacks.</summary>
    Missed = 2,
}

/// <summary>Which page a block holds.</summary>
/// <param name="Kind">The kind of the map.</param>
/// <param name="Leg">The leg that stores the page.</param>
/// <param name="Member">Missed map: the leg that lacks the regions. Active map: 0.</param>
/// <param name="Page">The number of the page in its map.</param>
internal readonly record struct MapPageId(MapKind Kind, Guid Leg, byte Member, long Page);

/// <summary>One page of a map that is invalid: all of its bits count as set.</summary>
/// <param name="Page">The number of the page.</param>
/// <param name="Reason">Why, as the end of a sentence about the page.</param>
internal sealed record MapFault(long Page, string Reason);

/// <summary>
/// The 4096 bytes of a page of a map: a header of 64 bytes, and 32,256 bits. Bit i is bit i % 8 (0 is the lowest) of
/// byte 64 + i / 8, which in little-endian words of 64 bits is bit i % 64 of word i / 64.
/// </summary>
internal static class MapPage
{
    private const int KindAt = 8;
    private const int MemberAt = 9;
    private const int ChecksumAt = 12;
    private const int LegAt = 16;
    private const int PageAt = 32;
    private const int SequenceAt = 40;
    private const int ReservedAt = 48;

    private static ReadOnlySpan<byte> Magic => "DMIOMAP1"u8;

    /// <summary>Encodes a page.</summary>
    /// <param name="id">Which page.</param>
    /// <param name="sequence">The number of this version of the page, from 1.</param>
    /// <param name="bits">504 words.</param>
    /// <param name="block">4096 bytes.</param>
    public static void Encode(MapPageId id, ulong sequence, ReadOnlySpan<ulong> bits, Span<byte> block)
    {
        Invariant.Require(bits.Length == RegionPage.WordCount && block.Length == LegGeometry.BlockBytes);
        Invariant.Require(sequence != 0);
        block[..LegGeometry.PageHeaderBytes].Clear();
        Magic.CopyTo(block);
        block[KindAt] = (byte)id.Kind;
        block[MemberAt] = id.Member;
        block.PutGuid(LegAt, id.Leg);
        block.PutUInt64(PageAt, (ulong)id.Page);
        block.PutUInt64(SequenceAt, sequence);
        for (var i = 0; i < bits.Length; i++)
        {
            block.PutUInt64(LegGeometry.PageHeaderBytes + (i * sizeof(ulong)), bits[i]);
        }

        block.PutUInt32(ChecksumAt, ((ReadOnlySpan<byte>)block).Crc32CAround(ChecksumAt));
    }

    /// <summary>Decodes a page.</summary>
    /// <param name="block">4096 bytes; empty: the block could not be read.</param>
    /// <param name="expected">Which page belongs there.</param>
    /// <param name="bits">Gets the bits of a valid page: 504 words.</param>
    /// <param name="sequence">The number of the version; 0 if the page is not valid.</param>
    /// <param name="fault">Why the page is not valid, as the end of a sentence about it.</param>
    public static bool TryDecode(
        ReadOnlySpan<byte> block,
        MapPageId expected,
        Span<ulong> bits,
        out ulong sequence,
        [NotNullWhen(false)] out string? fault)
    {
        sequence = 0;
        fault = FaultOf(block, expected);
        if (fault is not null)
        {
            return false;
        }

        sequence = block.UInt64At(SequenceAt);
        for (var i = 0; i < RegionPage.WordCount; i++)
        {
            bits[i] = BinaryPrimitives.ReadUInt64LittleEndian(
                block[(LegGeometry.PageHeaderBytes + (i * sizeof(ulong)))..]);
        }

        return true;
    }

    private static string? FaultOf(ReadOnlySpan<byte> block, MapPageId expected)
    {
        if (block.IsEmpty)
        {
            return "cannot be read";
        }

        Invariant.Require(block.Length == LegGeometry.BlockBytes);
        return !block.StartsWith(Magic) ? "is no page of a map"
            : block.UInt32At(ChecksumAt) != block.Crc32CAround(ChecksumAt) ? "has a wrong checksum"
            : block.GuidAt(LegAt) != expected.Leg ? $"belongs to another leg, {block.GuidAt(LegAt)}"
            : block[KindAt] != (byte)expected.Kind || block[MemberAt] != expected.Member
                ? $"belongs to map {block[KindAt]} of member {block[MemberAt]}"
            : block.UInt64At(PageAt) != (ulong)expected.Page ? $"is page {block.UInt64At(PageAt)}"
            : block.UInt64At(SequenceAt) == 0 ? "has the sequence 0"
            : block[10..ChecksumAt].ContainsAnyExcept((byte)0)
                || block[ReservedAt..LegGeometry.PageHeaderBytes].ContainsAnyExcept((byte)0)
                ? "has data in a reserved field"
            : null;
    }
}
