using System.Buffers.Binary;

namespace DmIo.Nbd.Protocol;

/// <summary>A client's option, without its data.</summary>
internal readonly record struct OptionHeader(NbdOption Option, uint LengthBytes)
{
    internal const int SizeBytes = 16;

    /// <summary>False: it does not begin with the option magic.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> bytes, out OptionHeader header)
    {
        header = new OptionHeader(
            (NbdOption)BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]),
            BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]));
        return BinaryPrimitives.ReadUInt64BigEndian(bytes) == NbdMagic.Option;
    }

    internal void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64BigEndian(bytes, NbdMagic.Option);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[8..], (uint)Option);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[12..], LengthBytes);
    }
}

/// <summary>The server's answer to an option, without its data.</summary>
internal readonly record struct OptionReplyHeader(NbdOption Option, OptionReplyType Type, uint LengthBytes)
{
    internal const int SizeBytes = 20;

    internal bool IsError => Type >= OptionReplyType.ErrorBit;

    /// <summary>False: it does not begin with the reply magic.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> bytes, out OptionReplyHeader header)
    {
        header = new OptionReplyHeader(
            (NbdOption)BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]),
            (OptionReplyType)BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]),
            BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]));
        return BinaryPrimitives.ReadUInt64BigEndian(bytes) == NbdMagic.OptionReply;
    }

    internal void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64BigEndian(bytes, NbdMagic.OptionReply);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[8..], (uint)Option);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[12..], (uint)Type);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[16..], LengthBytes);
    }
}
