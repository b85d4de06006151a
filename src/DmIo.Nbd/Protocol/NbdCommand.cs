namespace DmIo.Nbd.Protocol;

/// <summary>What a request asks for.</summary>
internal enum NbdCommand : ushort
{
    Read = 0,
    Write = 1,
    Disconnect = 2,
    Flush = 3,
    Trim = 4,
    Cache = 5,
    WriteZeroes = 6,
    BlockStatus = 7,
}

/// <summary>How it is asked for.</summary>
[Flags]
internal enum CommandFlags : ushort
{
    None = 0,

    /// <summary>Durable when answered.</summary>
    ForceUnitAccess = 1 << 0,

    /// <summary>Write zeroes: the range stays allocated.</summary>
    NoHole = 1 << 1,

    /// <summary>Read: one data chunk.</summary>
    DoNotFragment = 1 << 2,

    /// <summary>Block status: one extent.</summary>
    RequestOne = 1 << 3,

    /// <summary>Write zeroes: fail rather than be as slow as a write.</summary>
    FastZero = 1 << 4,

    /// <summary>Of the extended headers, which we do not offer.</summary>
    PayloadLength = 1 << 5,
}
