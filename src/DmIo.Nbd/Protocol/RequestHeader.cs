using System.Buffers.Binary;

namespace DmIo.Nbd.Protocol;

/// <summary>A request of the transmission phase, without its payload.</summary>
/// <param name="Command">What; may be a number that nobody knows.</param>
/// <param name="Flags">How.</param>
/// <param name="Cookie">The client's name for it, returned with the reply.</param>
/// <param name="Offset">The first byte.</param>
/// <param name="LengthBytes">How many. Payload only where <paramref name="Command"/> is a write.</param>
internal readonly record struct RequestHeader(
    NbdCommand Command, CommandFlags Flags, ulong Cookie, ulong Offset, uint LengthBytes)
{
    internal const int SizeBytes = 28;

    /// <summary>Bytes that follow the header on the wire.</summary>
    internal uint PayloadBytes => Command == NbdCommand.Write ? LengthBytes : 0;

    /// <summary>It is answered when what it did is durable.</summary>
    internal bool IsDurable => Flags.HasFlag(CommandFlags.ForceUnitAccess);

    /// <summary>False: it does not begin with the request magic, and nothing that follows can be understood.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> bytes, out RequestHeader header)
    {
        header = new RequestHeader(
            (NbdCommand)BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]),
            (CommandFlags)BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]),
            BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]),
            BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]),
            BinaryPrimitives.ReadUInt32BigEndian(bytes[24..]));
        return BinaryPrimitives.ReadUInt32BigEndian(bytes) == NbdMagic.Request;
    }

    internal void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt32BigEndian(bytes, NbdMagic.Request);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[4..], (ushort)Flags);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[6..], (ushort)Command);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], Cookie);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[16..], Offset);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[24..], LengthBytes);
    }
}

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
