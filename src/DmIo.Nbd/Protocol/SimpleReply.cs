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
