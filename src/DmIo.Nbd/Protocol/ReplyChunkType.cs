namespace DmIo.Nbd.Protocol;

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
