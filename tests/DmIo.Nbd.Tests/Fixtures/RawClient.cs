using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using DmIo.Nbd.Protocol;
using DmIo.Nbd.Transport;
using Xunit;

namespace DmIo.Nbd.Tests;

/// <summary>A client that sends any messages, valid or not, and returns the received ones.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private Stream? stream;

    /// <summary>The minimum block size that the server sent.</summary>
    internal uint MinimumBlock { get; private set; } = 1;

    internal TransmissionFlags Flags { get; private set; }

    public void Dispose()
    {
        stream?.Dispose();
        socket.Dispose();
    }

    internal static async Task<RawClient> ConnectAsync(string path)
    {
        var client = new RawClient();
        await client.socket.ConnectAsync(new UnixDomainSocketEndPoint(path)).InTime();
        client.stream = new NetworkStream(client.socket);
        await client.ReceiveAsync(18);
        await client.SendAsync(new byte[] { 0, 0, 0, 3 });
        return client;
    }

    /// <summary>Returns a client in the transmission phase.</summary>
    internal static async Task<RawClient> UseAsync(
        string path, string export, bool structured = false, SslClientAuthenticationOptions? tls = null)
    {
        var client = await ConnectAsync(path);
        if (tls is not null)
        {
            await client.SecureAsync(tls);
        }

        if (structured)
        {
            await client.OptionAsync(NbdOption.StructuredReply);
            await client.OptionAsync(
                NbdOption.SetMetaContext, new MetaContextRequest(export, [MetaContextRequest.Allocation]).ToBytes());
        }

        var replies = await client.OptionAsync(
            NbdOption.Go, new ExportRequest(export, [InfoType.BlockSize]).ToBytes());
        Assert.Equal(OptionReplyType.Ack, replies[^1].Type);
        foreach (var (_, data) in replies)
        {
            client.MinimumBlock = BlockSizes.TryRead(data, out var sizes) ? sizes.Minimum : client.MinimumBlock;
            client.Flags = ExportInfo.TryRead(data, out var info) ? info.Flags : client.Flags;
        }

        return client;
    }

    /// <summary>Starts TLS on the connection.</summary>
    internal async Task SecureAsync(SslClientAuthenticationOptions options)
    {
        Assert.Equal(OptionReplyType.Ack, Assert.Single(await OptionAsync(NbdOption.StartTls)).Type);
        var secure = new SslStream(stream!);
        stream = secure;
        await secure.AuthenticateAsClientAsync(options).InTime();
    }

    /// <summary>Sends bytes without TLS, as an attacker on the network could.</summary>
    internal Task SendUnencryptedAsync(ReadOnlyMemory<byte> bytes) => socket.SendAsync(bytes).AsTask().InTime();

    internal Task SendAsync(ReadOnlyMemory<byte> bytes) => stream!.WriteAsync(bytes).InTime();

    internal async Task<byte[]> ReceiveAsync(int length)
    {
        var bytes = new byte[length];
        for (var at = 0; at < length;)
        {
            var received = await stream!.ReadAsync(bytes.AsMemory(at)).AsTask().InTime();
            Assert.True(received > 0, $"the server closed the connection after {at} of {length} bytes");
            at += received;
        }

        return bytes;
    }

    /// <summary>The server closes the connection without sending anything.</summary>
    internal async Task ExpectEndAsync()
    {
        try
        {
            Assert.Equal(0, await stream!.ReadAsync(new byte[1]).AsTask().InTime());
        }
        catch (IOException)
        {
            // Reset: the server did not read all sent data.
        }
    }

    /// <summary>The server closes the connection. Data that it sends before is skipped.</summary>
    internal async Task ReceiveToEndAsync()
    {
        var passed = new byte[64 * 1024];
        try
        {
            while (await stream!.ReadAsync(passed).AsTask().InTime() > 0)
            {
            }
        }
        catch (IOException)
        {
            // Reset: the server did not read all sent data.
        }
    }

    /// <summary>The server has received all sent data.</summary>
    internal async Task AllReceivedAsync()
    {
        using var limit = new CancellationTokenSource(Patience.Limit);
        while (SocketVectors.QueuedBytes(socket) > 0)
        {
            Assert.False(limit.IsCancellationRequested, "the server does not receive the sent data");
            await Task.Yield();
        }
    }

    internal void EndSending() => socket.Shutdown(SocketShutdown.Send);

    /// <summary>Sends an option, and returns all its replies.</summary>
    internal async Task<List<(OptionReplyType Type, byte[] Data)>> OptionAsync(NbdOption option, byte[]? data = null)
    {
        data ??= [];
        var bytes = new byte[OptionHeader.SizeBytes + data.Length];
        new OptionHeader(option, (uint)data.Length).Write(bytes);
        data.CopyTo(bytes, OptionHeader.SizeBytes);
        await SendAsync(bytes);
        var replies = new List<(OptionReplyType, byte[])>();
        while (true)
        {
            Assert.True(OptionReplyHeader.TryRead(
                await ReceiveAsync(OptionReplyHeader.SizeBytes), out var header));
            Assert.Equal(option, header.Option);
            replies.Add((header.Type, await ReceiveAsync((int)header.LengthBytes)));
            if (header.Type == OptionReplyType.Ack || header.IsError)
            {
                return replies;
            }
        }
    }

    /// <summary>The beginning of a reply is available, and stays in the socket.</summary>
    internal async Task AnsweredAsync() => Assert.True(
        await socket.ReceiveAsync(new byte[1], SocketFlags.Peek).InTime() > 0, "the server hung up");

    internal Task SendAsync(RequestHeader header)
    {
        var bytes = new byte[RequestHeader.SizeBytes];
        header.Write(bytes);
        return SendAsync(bytes);
    }

    internal Task RequestAsync(
        NbdCommand command,
        ulong offset,
        uint length,
        ulong cookie = 1,
        CommandFlags flags = CommandFlags.None,
        byte[]? payload = null)
    {
        payload ??= [];
        var bytes = new byte[RequestHeader.SizeBytes + payload.Length];
        new RequestHeader(command, flags, cookie, offset, length).Write(bytes);
        payload.CopyTo(bytes, RequestHeader.SizeBytes);
        return SendAsync(bytes);
    }

    internal async Task<SimpleReply> SimpleReplyAsync()
    {
        var bytes = await ReceiveAsync(SimpleReply.SizeBytes);
        Assert.Equal(NbdMagic.SimpleReply, BinaryPrimitives.ReadUInt32BigEndian(bytes));
        return SimpleReply.Read(bytes);
    }

    internal async Task<(ReplyChunk Chunk, byte[] Payload)> ChunkAsync()
    {
        var bytes = await ReceiveAsync(ReplyChunk.SizeBytes);
        Assert.Equal(NbdMagic.StructuredReply, BinaryPrimitives.ReadUInt32BigEndian(bytes));
        var chunk = ReplyChunk.Read(bytes);
        return (chunk, await ReceiveAsync((int)chunk.LengthBytes));
    }

    internal async Task<NbdError> WriteAsync(ulong offset, byte[] data, CommandFlags flags = CommandFlags.None)
    {
        await RequestAsync(NbdCommand.Write, offset, (uint)data.Length, flags: flags, payload: data);
        return (await SimpleReplyAsync()).Error;
    }

    internal async Task<NbdError> DoAsync(
        NbdCommand command, ulong offset, uint length, CommandFlags flags = CommandFlags.None)
    {
        await RequestAsync(command, offset, length, flags: flags);
        return (await SimpleReplyAsync()).Error;
    }

    /// <summary>With simple replies.</summary>
    internal async Task<byte[]> ReadAsync(ulong offset, int length)
    {
        Assert.Equal(NbdError.None, await DoAsync(NbdCommand.Read, offset, (uint)length));
        return await ReceiveAsync(length);
    }

    /// <summary>With structured replies: the assembled data, and the number of chunks.</summary>
    internal async Task<(byte[] Data, int Chunks)> ReadChunksAsync(
        ulong offset, int length, CommandFlags flags = CommandFlags.None)
    {
        await RequestAsync(NbdCommand.Read, offset, (uint)length, flags: flags);
        var data = new byte[length];
        Array.Fill(data, (byte)0xee);
        for (var count = 1; ; count++)
        {
            var (chunk, payload) = await ChunkAsync();
            Put(chunk, payload, data, offset);
            if (chunk.IsDone)
            {
                return (data, count);
            }
        }
    }

    /// <summary>Copies the payload of a chunk to its offset.</summary>
    internal static void Put(ReplyChunk chunk, byte[] payload, byte[] data, ulong start)
    {
        if (chunk.Type == ReplyChunkType.None)
        {
            return;
        }

        var at = (int)(BinaryPrimitives.ReadUInt64BigEndian(payload) - start);
        var rest = payload.AsSpan(ReplyChunk.DataOffsetBytes);
        if (chunk.Type == ReplyChunkType.OffsetData)
        {
            rest.CopyTo(data.AsSpan(at));
        }
        else if (chunk.Type == ReplyChunkType.OffsetHole)
        {
            data.AsSpan(at, (int)BinaryPrimitives.ReadUInt32BigEndian(rest)).Clear();
        }
    }

    internal async Task<List<(int Length, AllocationState State)>> StatusAsync(
        ulong offset, uint length, CommandFlags flags = CommandFlags.None)
    {
        await RequestAsync(NbdCommand.BlockStatus, offset, length, flags: flags);
        var (chunk, payload) = await ChunkAsync();
        Assert.Equal(ReplyChunkType.BlockStatus, chunk.Type);
        Assert.True(chunk.IsDone);
        var extents = new List<(int, AllocationState)>();
        for (var rest = payload.AsSpan(sizeof(uint)); rest.Length > 0; rest = rest[ReplyChunk.ExtentBytes..])
        {
            extents.Add((
                BinaryPrimitives.ReadInt32BigEndian(rest),
                (AllocationState)BinaryPrimitives.ReadUInt32BigEndian(rest[sizeof(uint)..])));
        }

        return extents;
    }

    /// <summary>The next chunk must be an error; returns its number and message.</summary>
    internal async Task<(NbdError Error, string Text)> ErrorAsync()
    {
        var (chunk, payload) = await ChunkAsync();
        Assert.Equal(ReplyChunkType.Error, chunk.Type);
        Assert.True(chunk.IsDone);
        return (
            (NbdError)BinaryPrimitives.ReadUInt32BigEndian(payload),
            Encoding.UTF8.GetString(payload.AsSpan(ReplyChunk.ErrorBytes)));
    }
}
