namespace DmIo.Nbd.Protocol;

/// <summary>What a client asks for while options are haggled over.</summary>
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

/// <summary>How the server answers an option. Errors have the top bit set; their payload is a text.</summary>
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

    /// <summary>Set in every error.</summary>
    ErrorBit = 1u << 31,
}

/// <summary>Which information about an export is asked for, and given, by INFO and GO.</summary>
internal enum InfoType : ushort
{
    Export = 0,
    Name = 1,
    Description = 2,
    BlockSize = 3,
}
