using System.Buffers.Binary;
using DmIo.Nbd.Protocol;
using Xunit;

namespace DmIo.Nbd.Tests.Fuzz;

/// <summary>The messages of a server on one connection, parsed without knowledge of the requests: a greeting, replies
/// to options, then, if an export was chosen, replies to requests. Every message must be complete and have valid
/// values; the last may be truncated.</summary>
/// <remarks>The data of a simple reply cannot be recognized, so it is skipped up to the next reply's magic.</remarks>
internal sealed class ServerMessages(byte[] bytes)
{
    private int at;

    private int Rest => bytes.Length - at;

    private ReadOnlySpan<byte> Ahead => bytes.AsSpan(at);

    internal void Check(bool isCut)
    {
        if (bytes.Length < 18)
        {
            Assert.True(isCut || bytes.Length == 0, $"The greeting has {bytes.Length} bytes.");
            return;
        }

        Assert.Equal(NbdMagic.Greeting, BinaryPrimitives.ReadUInt64BigEndian(Ahead));
        Assert.Equal(NbdMagic.Option, BinaryPrimitives.ReadUInt64BigEndian(Ahead[8..]));
        at = 18;
        while (CheckOptionReply())
        {
        }
    }

    private bool CheckOptionReply()
    {
        if (Rest < OptionReplyHeader.SizeBytes || !OptionReplyHeader.TryRead(Ahead, out var reply))
        {
            CheckStructured();
            return false;
        }

        Assert.True(Enum.IsDefined(reply.Type) && reply.Type != OptionReplyType.ErrorBit, $"{reply.Type}");
        Assert.True(reply.LengthBytes <= 16 * 1024, $"{reply.LengthBytes} bytes for {reply.Option}");
        at += (int)Math.Min(Rest, OptionReplyHeader.SizeBytes + (long)reply.LengthBytes);
        return true;
    }

    /// <summary>Structured replies are parsed to the end; of simple replies, at least the first.</summary>
    private void CheckStructured()
    {
        while (Rest >= ReplyChunk.SizeBytes
            && BinaryPrimitives.ReadUInt32BigEndian(Ahead) == NbdMagic.StructuredReply)
        {
            var chunk = ReplyChunk.Read(Ahead);
            Assert.True(Enum.IsDefined(chunk.Type) && chunk.Type != ReplyChunkType.ErrorBit, $"{chunk.Type}");
            Assert.True(chunk.Flags <= ReplyChunkFlags.Done, $"{chunk.Flags}");
            if (chunk.Type == ReplyChunkType.Error && Rest >= ReplyChunk.SizeBytes + ReplyChunk.ErrorBytes)
            {
                CheckError(BinaryPrimitives.ReadUInt32BigEndian(Ahead[ReplyChunk.SizeBytes..]));
            }

            at += (int)Math.Min(Rest, ReplyChunk.SizeBytes + (long)chunk.LengthBytes);
        }

        if (Rest >= SimpleReply.SizeBytes && BinaryPrimitives.ReadUInt32BigEndian(Ahead) == NbdMagic.SimpleReply)
        {
            CheckError((uint)SimpleReply.Read(Ahead).Error);
        }
    }

    private static void CheckError(uint error) =>
        Assert.True(Enum.IsDefined((NbdError)error), $"{error} is not an error of the protocol.");
}
