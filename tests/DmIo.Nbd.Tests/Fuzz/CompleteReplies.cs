using System.Buffers.Binary;
using DmIo.Nbd.Protocol;
using Xunit;

namespace DmIo.Nbd.Tests.Fuzz;

/// <summary>Receives complete replies, simple or structured, for a client with one request at a time.</summary>
internal static class CompleteReplies
{
    /// <summary>The reply to a request: its error, and the data of a successful read.</summary>
    internal static async Task<(NbdError Error, byte[] Data)> AnswerAsync(this RawClient client, RequestHeader request)
    {
        var data = new byte[request.Command == NbdCommand.Read ? Math.Min(request.LengthBytes, 64u << 20) : 0];
        while (true)
        {
            var start = await client.ReceiveAsync(SimpleReply.SizeBytes);
            if (BinaryPrimitives.ReadUInt32BigEndian(start) == NbdMagic.SimpleReply)
            {
                var reply = SimpleReply.Read(start);
                Assert.Equal(request.Cookie, reply.Cookie);
                return (reply.Error, reply.Error == NbdError.None ? await client.ReceiveAsync(data.Length) : []);
            }

            Assert.Equal(NbdMagic.StructuredReply, BinaryPrimitives.ReadUInt32BigEndian(start));
            var chunk = ReplyChunk.Read(
                [.. start, .. await client.ReceiveAsync(ReplyChunk.SizeBytes - start.Length)]);
            Assert.Equal(request.Cookie, chunk.Cookie);
            var payload = await client.ReceiveAsync((int)chunk.LengthBytes);
            if (chunk.IsError)
            {
                Assert.True(chunk.IsDone);
                return ((NbdError)BinaryPrimitives.ReadUInt32BigEndian(payload), []);
            }

            RawClient.Put(chunk, payload, data, request.Offset);
            if (chunk.IsDone)
            {
                return (NbdError.None, data);
            }
        }
    }
}
