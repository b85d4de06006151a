using System.Buffers.Binary;

namespace DmIo.Nbd.Protocol;

/// <summary>The header of a simple reply. The data of a successful read follows, exactly as long as
/// requested.</summary>
internal readonly record struct SimpleReply(NbdError Error, ulong Cookie)
{
    internal const int SizeBytes = 16;

    /// <summary>The caller checks the magic, which tells the kind of reply.</summary>
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

/// <summary>The header of a chunk of a structured reply; <paramref name="LengthBytes"/> of payload follow.</summary>
internal readonly record struct ReplyChunk(
    ReplyChunkFlags Flags, ReplyChunkType Type, ulong Cookie, uint LengthBytes)
{
    internal const int SizeBytes = 20;

    /// <summary>The payload of OFFSET_DATA without the data.</summary>
    internal const int DataOffsetBytes = 8;

    /// <summary>The payload of OFFSET_HOLE: offset and length.</summary>
    internal const int HoleBytes = 12;

    /// <summary>The payload of ERROR without the message: error and message length.</summary>
    internal const int ErrorBytes = 6;

    /// <summary>A descriptor of BLOCK_STATUS: length and state. The descriptors follow the context id.</summary>
    internal const int ExtentBytes = 8;

    internal bool IsDone => Flags.HasFlag(ReplyChunkFlags.Done);

    internal bool IsError => Type >= ReplyChunkType.ErrorBit;

    /// <summary>The caller checks the magic, which tells the kind of reply.</summary>
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

/// <summary>The content of a chunk of a structured reply (NBD_REPLY_TYPE_*). Errors have bit 15 set.</summary>
internal enum ReplyChunkType : ushort
{
    /// <summary>No content; ends the reply.</summary>
    None = 0,
    OffsetData = 1,
    OffsetHole = 2,
    BlockStatus = 5,
    Error = ErrorBit + 1,
    ErrorOffset = ErrorBit + 2,

    /// <summary>Set in all errors.</summary>
    ErrorBit = 1 << 15,
}

/// <summary>The flags of a chunk.</summary>
[Flags]
internal enum ReplyChunkFlags : ushort
{
    None = 0,

    /// <summary>The last chunk of the reply.</summary>
    Done = 1,
}

/// <summary>The state of a range in base:allocation.</summary>
[Flags]
internal enum AllocationState : uint
{
    Data = 0,
    Hole = 1,
    Zero = 2,
}
