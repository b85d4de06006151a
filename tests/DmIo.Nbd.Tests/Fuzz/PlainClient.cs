using System.Buffers.Binary;
using System.Net.Sockets;
using DmIo.Nbd.Protocol;
using DmIo.Nbd.Tests.Peers;
using Xunit;

namespace DmIo.Nbd.Tests.Fuzz;

/// <summary>A client in the transmission phase, with simple replies or structured ones, that sends one request at a
/// time and hears its answer whole.</summary>
internal sealed class PlainClient : IDisposable
{
    private readonly Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    /// <summary>As the server said.</summary>
    internal uint MinimumBlock { get; private set; } = 1;

    public void Dispose() => socket.Dispose();

    internal static async Task<PlainClient> UseAsync(string path, string export, bool structured = false)
    {
        var client = new PlainClient();
        await client.socket.ConnectAsync(new UnixDomainSocketEndPoint(path)).InTime();
        await client.ReceiveAsync(18);
        await client.SendAsync([0, 0, 0, 3]);
        if (structured)
        {
            await client.AgreeAsync(NbdOption.StructuredReply, []);
            await client.AgreeAsync(
                NbdOption.SetMetaContext, new MetaContextRequest(export, [MetaContextRequest.Allocation]).ToBytes());
        }

        await client.AgreeAsync(NbdOption.Go, new ExportRequest(export, [InfoType.BlockSize]).ToBytes());
        return client;
    }

    internal Task SendAsync(RequestHeader header)
    {
        var bytes = new byte[RequestHeader.SizeBytes];
        header.Write(bytes);
        return SendAsync(bytes);
    }

    internal async Task SendAsync(byte[] bytes)
    {
        for (var sent = 0; sent < bytes.Length;)
        {
            sent += await socket.SendAsync(bytes.AsMemory(sent)).InTime();
        }
    }

    /// <summary>The beginning of an answer is there, and stays there.</summary>
    internal async Task AnsweredAsync() =>
        Assert.True(await socket.ReceiveAsync(new byte[1], SocketFlags.Peek).InTime() > 0, "The server hung up.");

    /// <summary>Nothing more comes.</summary>
    internal async Task EndedAsync()
    {
        try
        {
            Assert.Equal(0, await socket.ReceiveAsync(new byte[1]).InTime());
        }
        catch (SocketException)
        {
            // Reset: what we sent was not read.
        }
    }

    /// <summary>The one answer to a request: its error, and of a read that went well the data.</summary>
    internal async Task<(NbdError Error, byte[] Data)> AnswerAsync(RequestHeader request)
    {
        var data = new byte[request.Command == NbdCommand.Read ? Math.Min(request.LengthBytes, 64u << 20) : 0];
        while (true)
        {
            var start = await ReceiveAsync(SimpleReply.SizeBytes);
            if (BinaryPrimitives.ReadUInt32BigEndian(start) == NbdMagic.SimpleReply)
            {
                var reply = SimpleReply.Read(start);
                Assert.Equal(request.Cookie, reply.Cookie);
                return (reply.Error, reply.Error == NbdError.None ? await ReceiveAsync(data.Length) : []);
            }

            Assert.Equal(NbdMagic.StructuredReply, BinaryPrimitives.ReadUInt32BigEndian(start));
            var chunk = ReplyChunk.Read([.. start, .. await ReceiveAsync(ReplyChunk.SizeBytes - start.Length)]);
            Assert.Equal(request.Cookie, chunk.Cookie);
            var payload = await ReceiveAsync((int)chunk.LengthBytes);
            if (chunk.IsError)
            {
                Assert.True(chunk.IsDone);
                return ((NbdError)BinaryPrimitives.ReadUInt32BigEndian(payload), []);
            }

            Put(chunk, payload, data, request.Offset);
            if (chunk.IsDone)
            {
                return (NbdError.None, data);
            }
        }
    }

    private static void Put(ReplyChunk chunk, byte[] payload, byte[] data, ulong start)
    {
        if (chunk.Type == ReplyChunkType.OffsetData)
        {
            payload.AsSpan(ReplyChunk.DataOffsetBytes).CopyTo(
                data.AsSpan((int)(BinaryPrimitives.ReadUInt64BigEndian(payload) - start)));
        }
        else if (chunk.Type == ReplyChunkType.OffsetHole)
        {
            data.AsSpan(
                (int)(BinaryPrimitives.ReadUInt64BigEndian(payload) - start),
                (int)BinaryPrimitives.ReadUInt32BigEndian(payload.AsSpan(sizeof(ulong)))).Clear();
        }
    }

    private async Task AgreeAsync(NbdOption option, byte[] data)
    {
        var bytes = new byte[OptionHeader.SizeBytes];
        new OptionHeader(option, (uint)data.Length).Write(bytes);
        await SendAsync([.. bytes, .. data]);
        OptionReplyHeader reply;
        do
        {
            Assert.True(OptionReplyHeader.TryRead(await ReceiveAsync(OptionReplyHeader.SizeBytes), out reply));
            Assert.False(reply.IsError, $"{option}: {reply.Type}");
            var said = await ReceiveAsync((int)reply.LengthBytes);
            MinimumBlock = BlockSizes.TryRead(said, out var sizes) && reply.Type == OptionReplyType.Info
                ? sizes.Minimum : MinimumBlock;
        }
        while (reply.Type != OptionReplyType.Ack);
    }

    private async Task<byte[]> ReceiveAsync(int length)
    {
        var bytes = new byte[length];
        for (var at = 0; at < length;)
        {
            var received = await socket.ReceiveAsync(bytes.AsMemory(at)).InTime();
            Assert.True(received > 0, $"The server hung up after {at} of {length} bytes.");
            at += received;
        }

        return bytes;
    }
}
