using System.Buffers.Binary;

namespace DmIo.Nbd.Protocol;

/// <summary>A simple reply; a read that succeeded is followed by exactly the bytes that were asked for.</summary>
internal readonly record struct SimpleReply(NbdError Error, ulong Cookie)
{
    internal const int SizeBytes = 16;

    /// <summary>The magic is the caller's to look at: it says which kind of reply this is.</summary>
    internal static SimpleReply Read(ReadOnlySpan<byte> bytes) => new(
        (NbdError)BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]),
        BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));

    internal void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt32BigEndian(bytes, NbdMagic.SimpleReply);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[4..], (uint)Error);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], Cookie);
    }
}

/// <summary>The header of one chunk of a structured reply; <paramref name="LengthBytes"/> of payload follow.</summary>
internal readonly record struct ReplyChunk(
    ReplyChunkFlags Flags, ReplyChunkType Type, ulong Cookie, uint LengthBytes)
{
    internal const int SizeBytes = 20;

    /// <summary>Of OFFSET_DATA's payload, the part before the data.</summary>
    internal const int DataOffsetBytes = 8;

    /// <summary>The payload of OFFSET_HOLE: offset and length.</summary>
    internal const int HoleBytes = 12;

    /// <summary>The payload of ERROR before its text: error and the text's length.</summary>
    internal const int ErrorBytes = 6;

    /// <summary>One descriptor of BLOCK_STATUS: length and state. They follow the context's id.</summary>
    internal const int ExtentBytes = 8;

    internal bool IsDone => Flags.HasFlag(ReplyChunkFlags.Done);

    internal bool IsError => Type >= ReplyChunkType.ErrorBit;

    /// <summary>The magic is the caller's to look at: it says which kind of reply this is.</summary>
    internal static ReplyChunk Read(ReadOnlySpan<byte> bytes) => new(
        (ReplyChunkFlags)BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]),
        (ReplyChunkType)BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]),
        BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]));

    internal void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt32BigEndian(bytes, NbdMagic.StructuredReply);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[4..], (ushort)Flags);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[6..], (ushort)Type);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], Cookie);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[16..], LengthBytes);
    }
}

/// <summary>What one chunk of a structured reply carries. Errors have bit 15 set.</summary>
internal enum ReplyChunkType : ushort
{
    /// <summary>Nothing; it ends the reply.</summary>
    None = 0,
    OffsetData = 1,
    OffsetHole = 2,
    BlockStatus = 5,
    Error = ErrorBit + 1,
    ErrorOffset = ErrorBit + 2,

    /// <summary>Set in every error.</summary>
    ErrorBit = 1 << 15,
}

/// <summary>Flags of a chunk.</summary>
[Flags]
internal enum ReplyChunkFlags : ushort
{
    None = 0,

    /// <summary>The reply's last chunk.</summary>
    Done = 1,
}

/// <summary>What base:allocation says of a range.</summary>
[Flags]
internal enum AllocationState : uint
{
    Data = 0,
    Hole = 1,
    Zero = 2,
}
