using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace DmIo.Volumes.Record;

/// <summary>
/// Fields of a block at fixed offsets in bytes. Numbers are little-endian. Guids are big-endian, as in their text form,
/// so that the order of their bytes is the order of <see cref="Guid.CompareTo(Guid)"/>.
/// </summary>
internal static class Fields
{
    private const int GuidBytes = 16;

    public static ushort UInt16At(this ReadOnlySpan<byte> block, int offset) =>
        BinaryPrimitives.ReadUInt16LittleEndian(block[offset..]);

    public static uint UInt32At(this ReadOnlySpan<byte> block, int offset) =>
        BinaryPrimitives.ReadUInt32LittleEndian(block[offset..]);

    public static ulong UInt64At(this ReadOnlySpan<byte> block, int offset) =>
        BinaryPrimitives.ReadUInt64LittleEndian(block[offset..]);

    public static Guid GuidAt(this ReadOnlySpan<byte> block, int offset) =>
        new(block.Slice(offset, GuidBytes), bigEndian: true);

    public static void PutUInt16(this Span<byte> block, int offset, ushort value) =>
        BinaryPrimitives.WriteUInt16LittleEndian(block[offset..], value);

    public static void PutUInt32(this Span<byte> block, int offset, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(block[offset..], value);

    public static void PutUInt64(this Span<byte> block, int offset, ulong value) =>
        BinaryPrimitives.WriteUInt64LittleEndian(block[offset..], value);

    public static void PutGuid(this Span<byte> block, int offset, Guid value) =>
        Invariant.Require(value.TryWriteBytes(block.Slice(offset, GuidBytes), bigEndian: true, out _));

    /// <summary>The CRC32C (Castagnoli) of a block, with the four bytes of its checksum field read as zeroes.</summary>
    /// <param name="block">The block: a multiple of 8 bytes.</param>
    /// <param name="offset">The offset of the checksum field: a multiple of 4.</param>
    public static uint Crc32CAround(this ReadOnlySpan<byte> block, int offset)
    {
        Invariant.Require(block.Length % sizeof(ulong) == 0 && offset % sizeof(uint) == 0);
        var crc = Append(uint.MaxValue, block[..offset]);
        crc = BitOperations.Crc32C(crc, 0u);
        return ~Append(crc, block[(offset + sizeof(uint))..]);
    }

    /// <summary>The CRC32C (Castagnoli) of a whole number of words of four bytes.</summary>
    public static uint Crc32C(ReadOnlySpan<byte> bytes) => ~Append(uint.MaxValue, bytes);

    private static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        var words = bytes[..(bytes.Length / sizeof(ulong) * sizeof(ulong))];
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(words))
        {
            var value = BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word);
            crc = BitOperations.Crc32C(crc, value);
        }

        return words.Length == bytes.Length ? crc : BitOperations.Crc32C(crc, bytes.UInt32At(words.Length));
    }
}
