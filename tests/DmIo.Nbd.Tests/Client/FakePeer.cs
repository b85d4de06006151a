using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using DmIo.Nbd.Protocol;
using Xunit;

namespace DmIo.Nbd.Tests.Client;

/// <summary>The server's end of one connection, which sends and receives single messages.</summary>
internal sealed class FakePeer(Socket socket) : IDisposable
{
    /// <summary>Sends the greeting, and answers options until GO is accepted.</summary>
    internal async Task NegotiateAsync(FakeExport export)
    {
        await GreetAsync(HandshakeFlags.FixedNewstyle | HandshakeFlags.NoZeroes);
        while (true)
        {
            var (option, _) = await ReadOptionAsync();
            switch (option)
            {
                case NbdOption.StructuredReply when export.IsStructured:
                    await ReplyAsync(option, OptionReplyType.Ack);
                    break;
                case NbdOption.Go:
                    var info = new byte[ExportInfo.WireBytes];
                    new ExportInfo((ulong)export.SizeBytes, export.Flags).Write(info);
                    await ReplyAsync(option, OptionReplyType.Info, info);
                    if (export.Sizes is { } sizes)
                    {
                        var bytes = new byte[BlockSizes.WireBytes];
                        sizes.Write(bytes);
                        await ReplyAsync(option, OptionReplyType.Info, bytes);
                    }

                    await ReplyAsync(option, OptionReplyType.Ack);
                    return;
                default:
                    await ReplyAsync(option, OptionReplyType.ErrorUnsupported);
                    break;
            }
        }
    }

    /// <summary>Returns the client's flags.</summary>
    internal async Task<uint> GreetAsync(HandshakeFlags flags)
    {
        var greeting = new byte[18];
        BinaryPrimitives.WriteUInt64BigEndian(greeting, NbdMagic.Greeting);
        BinaryPrimitives.WriteUInt64BigEndian(greeting.AsSpan(8), NbdMagic.Option);
        BinaryPrimitives.WriteUInt16BigEndian(greeting.AsSpan(16), (ushort)flags);
        await SendAsync(greeting);
        return BinaryPrimitives.ReadUInt32BigEndian(await ReceiveAsync(sizeof(uint)));
    }

    internal async Task<(NbdOption Option, byte[] Data)> ReadOptionAsync()
    {
        Assert.True(OptionHeader.TryRead(await ReceiveAsync(OptionHeader.SizeBytes), out var header));
        return (header.Option, await ReceiveAsync((int)header.LengthBytes));
    }

    internal async Task ReplyAsync(NbdOption option, OptionReplyType type, params byte[] data)
    {
        var bytes = new byte[OptionReplyHeader.SizeBytes];
        new OptionReplyHeader(option, type, (uint)data.Length).Write(bytes);
        await SendAsync([.. bytes, .. data]);
    }

    internal async Task<(RequestHeader Request, byte[] Payload)> ReadRequestAsync()
    {
        Assert.True(RequestHeader.TryRead(await ReceiveAsync(RequestHeader.SizeBytes), out var request));
        return (request, await ReceiveAsync((int)request.PayloadBytes));
    }

    internal Task AnswerAsync(RequestHeader request, NbdError error = NbdError.None, params byte[] payload)
    {
        var bytes = new byte[SimpleReply.SizeBytes];
        new SimpleReply(error, request.Cookie).Write(bytes);
        return SendAsync([.. bytes, .. payload]);
    }

    internal Task SendChunkAsync(
        RequestHeader request, ReplyChunkType type, byte[] payload, bool isLast = false)
    {
        var bytes = new byte[ReplyChunk.SizeBytes];
        var flags = isLast ? ReplyChunkFlags.Done : ReplyChunkFlags.None;
        new ReplyChunk(flags, type, request.Cookie, (uint)payload.Length).Write(bytes);
        return SendAsync([.. bytes, .. payload]);
    }

    /// <summary>Sends the header of a chunk without its payload.</summary>
    internal Task AnnounceChunkAsync(RequestHeader request, ReplyChunkType type, uint lengthBytes)
    {
        var bytes = new byte[ReplyChunk.SizeBytes];
        new ReplyChunk(ReplyChunkFlags.None, type, request.Cookie, lengthBytes).Write(bytes);
        return SendAsync(bytes);
    }

    internal Task SendDataAsync(RequestHeader request, long offset, byte[] data, bool isLast = false) =>
        SendChunkAsync(request, ReplyChunkType.OffsetData, [.. BigEndian(offset), .. data], isLast);

    internal Task SendHoleAsync(RequestHeader request, long offset, int length, bool isLast = false) =>
        SendChunkAsync(request, ReplyChunkType.OffsetHole, [.. BigEndian(offset), .. BigEndian(length)], isLast);

    internal Task SendErrorAsync(RequestHeader request, NbdError error, string text, bool isLast = true)
    {
        var length = BigEndian(Encoding.UTF8.GetByteCount(text));
        return SendChunkAsync(
            request,
            ReplyChunkType.Error,
            [.. BigEndian((int)error), length[2], length[3], .. Encoding.UTF8.GetBytes(text)],
            isLast);
    }

    internal Task SendDoneAsync(RequestHeader request) =>
        SendChunkAsync(request, ReplyChunkType.None, [], isLast: true);

    internal async Task SendAsync(byte[] bytes)
    {
        for (var sent = 0; sent < bytes.Length;)
        {
            sent += await socket.SendAsync(bytes.AsMemory(sent)).InTime();
        }
    }

    internal async Task<byte[]> ReceiveAsync(int length)
    {
        var bytes = new byte[length];
        for (var received = 0; received < length;)
        {
            var more = await socket.ReceiveAsync(bytes.AsMemory(received)).InTime();
            Assert.True(more > 0, "The client closed the connection.");
            received += more;
        }

        return bytes;
    }

    /// <summary>Reads until the client closes the connection.</summary>
    internal async Task<byte[]> ReadToEndAsync()
    {
        List<byte> all = [];
        var bytes = new byte[4096];
        try
        {
            while (await socket.ReceiveAsync(bytes).InTime() is > 0 and var more)
            {
                all.AddRange(bytes[..more]);
            }
        }
        catch (SocketException)
        {
            // A reset closes the connection as well.
        }

        return [.. all];
    }

    public void Dispose() => socket.Dispose();

    private static byte[] BigEndian(long value)
    {
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        return bytes;
    }

    private static byte[] BigEndian(int value)
    {
        var bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }
}
