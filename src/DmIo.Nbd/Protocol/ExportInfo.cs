using System.Buffers.Binary;

namespace DmIo.Nbd.Protocol;

/// <summary>The size and flags of an export, for INFO and GO (NBD_INFO_EXPORT).</summary>
internal readonly record struct ExportInfo(ulong SizeBytes, TransmissionFlags Flags)
{
    /// <summary>Includes the information type.</summary>
    internal const int WireBytes = 12;

    /// <summary>Without the information type: the reply to EXPORT_NAME, without its padding.</summary>
    internal const int ExportNameBytes = 10;

    internal static bool TryRead(ReadOnlySpan<byte> bytes, out ExportInfo info)
    {
        info = bytes.Length == WireBytes ? ReadBare(bytes[2..]) : default;
        return bytes.Length == WireBytes;
    }

    internal static ExportInfo ReadBare(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64BigEndian(bytes),
        (TransmissionFlags)BinaryPrimitives.ReadUInt16BigEndian(bytes[8..]));

    internal void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)InfoType.Export);
        WriteBare(bytes[2..]);
    }

    internal void WriteBare(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64BigEndian(bytes, SizeBytes);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[8..], (ushort)Flags);
    }
}

/// <summary>The block sizes of an export, in bytes (NBD_INFO_BLOCK_SIZE).</summary>
/// <param name="Minimum">Offsets and lengths are multiples of it; a power of two, or 1.</param>
/// <param name="Preferred">The smallest size without read-modify-write.</param>
/// <param name="MaximumPayload">The maximum payload of one request.</param>
internal readonly record struct BlockSizes(uint Minimum, uint Preferred, uint MaximumPayload)
{
    /// <summary>Includes the information type.</summary>
    internal const int WireBytes = 14;

    internal static bool TryRead(ReadOnlySpan<byte> bytes, out BlockSizes sizes)
    {
        sizes = bytes.Length == WireBytes
            ? new BlockSizes(
                BinaryPrimitives.ReadUInt32BigEndian(bytes[2..]),
                BinaryPrimitives.ReadUInt32BigEndian(bytes[6..]),
                BinaryPrimitives.ReadUInt32BigEndian(bytes[10..]))
            : default;
        return bytes.Length == WireBytes;
    }

    internal void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)InfoType.BlockSize);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[2..], Minimum);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[6..], Preferred);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[10..], MaximumPayload);
    }
}

/// <summary>The capabilities of an export (NBD_FLAG_*).</summary>
[Flags]
internal enum TransmissionFlags : ushort
{
    None = 0,
    HasFlags = 1 << 0,
    ReadOnly = 1 << 1,
    Flush = 1 << 2,
    ForceUnitAccess = 1 << 3,
    Rotational = 1 << 4,
    Trim = 1 << 5,
    WriteZeroes = 1 << 6,
    DoNotFragment = 1 << 7,
    MultiConnection = 1 << 8,
    Resize = 1 << 9,
    Cache = 1 << 10,
    FastZero = 1 << 11,
    BlockStatusPayload = 1 << 12,
}
