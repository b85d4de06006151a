using System.Buffers.Binary;

namespace DmIo.Nbd.Protocol;

/// <summary>The header of a request in the transmission phase.</summary>
/// <param name="Command">May be an unknown number.</param>
/// <param name="Flags">The command flags.</param>
/// <param name="Cookie">Chosen by the client, and returned with the reply.</param>
/// <param name="Offset">The first byte.</param>
/// <param name="LengthBytes">The length in bytes. A payload follows only if <paramref name="Command"/> is a
/// write.</param>
internal readonly record struct RequestHeader(
    NbdCommand Command, CommandFlags Flags, ulong Cookie, ulong Offset, uint LengthBytes)
{
    internal const int SizeBytes = 28;

    /// <summary>The number of bytes that follow the header.</summary>
    internal uint PayloadBytes => Command == NbdCommand.Write ? LengthBytes : 0;

    /// <summary>The request is answered when its effect is durable (FUA).</summary>
    internal bool IsDurable => Flags.HasFlag(CommandFlags.ForceUnitAccess);

    /// <summary>False: the bytes do not begin with the request magic, and nothing after them can be parsed.</summary>
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

/// <summary>The commands (NBD_CMD_*).</summary>
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

/// <summary>The command flags (NBD_CMD_FLAG_*).</summary>
[Flags]
internal enum CommandFlags : ushort
{
    None = 0,

    /// <summary>The effect is durable when the request is answered (FUA).</summary>
    ForceUnitAccess = 1 << 0,

    /// <summary>Write zeroes: the range stays allocated.</summary>
    NoHole = 1 << 1,

    /// <summary>Read: the reply has one data chunk.</summary>
    DoNotFragment = 1 << 2,

    /// <summary>Block status: the reply has one extent.</summary>
    RequestOne = 1 << 3,

    /// <summary>Write zeroes: fail if it would be as slow as a write.</summary>
    FastZero = 1 << 4,

    /// <summary>Part of extended headers, which are not supported.</summary>
    PayloadLength = 1 << 5,
}
