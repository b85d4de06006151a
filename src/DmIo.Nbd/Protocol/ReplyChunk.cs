using System.Buffers.Binary;

namespace DmIo.Nbd.Protocol;

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
