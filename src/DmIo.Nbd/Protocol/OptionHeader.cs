using System.Buffers.Binary;

namespace DmIo.Nbd.Protocol;

/// <summary>The header of a client's option.</summary>
internal readonly record struct OptionHeader(NbdOption Option, uint LengthBytes)
{
    internal const int SizeBytes = 16;

    /// <summary>False: the bytes do not begin with the option magic.</summary>
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

/// <summary>The header of a server's reply to an option.</summary>
internal readonly record struct OptionReplyHeader(NbdOption Option, OptionReplyType Type, uint LengthBytes)
{
    internal const int SizeBytes = 20;

    internal bool IsError => Type >= OptionReplyType.ErrorBit;

    /// <summary>False: the bytes do not begin with the reply magic.</summary>
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

/// <summary>The options of a client (NBD_OPT_*).</summary>
internal enum NbdOption : uint
{
    ExportName = 1,
    Abort = 2,
    List = 3,
    PeekExport = 4,
    StartTls = 5,
    Info = 6,
    Go = 7,
    StructuredReply = 8,
    ListMetaContext = 9,
    SetMetaContext = 10,
    ExtendedHeaders = 11,
}

/// <summary>The types of replies to options (NBD_REP_*). Errors have the top bit set; their payload is a
/// message.</summary>
internal enum OptionReplyType : uint
{
    Ack = 1,
    Server = 2,
    Info = 3,
    MetaContext = 4,
    ErrorUnsupported = ErrorBit + 1,
    ErrorPolicy = ErrorBit + 2,
    ErrorInvalid = ErrorBit + 3,
    ErrorPlatform = ErrorBit + 4,
    ErrorTlsRequired = ErrorBit + 5,
    ErrorUnknown = ErrorBit + 6,
    ErrorShutdown = ErrorBit + 7,
    ErrorBlockSizeRequired = ErrorBit + 8,
    ErrorTooBig = ErrorBit + 9,
    ErrorExtendedHeadersRequired = ErrorBit + 10,

    /// <summary>Set in all errors.</summary>
    ErrorBit = 1u << 31,
}

/// <summary>The information about an export that INFO and GO request (NBD_INFO_*).</summary>
internal enum InfoType : ushort
{
    Export = 0,
    Name = 1,
    Description = 2,
    BlockSize = 3,
}

/// <summary>The flags of the server's greeting; the client's flags have the same bits, in 32 bits.</summary>
[Flags]
internal enum HandshakeFlags : ushort
{
    None = 0,
    FixedNewstyle = 1,
    NoZeroes = 2,
}
