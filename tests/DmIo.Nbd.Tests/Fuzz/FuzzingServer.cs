using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using DmIo.Nbd.Protocol;
using Xunit;

namespace DmIo.Nbd.Tests.Fuzz;

/// <summary>A server that replies correctly until a random message is mutated, truncated, repeated, omitted or preceded
/// by garbage. After that, it continues, stays silent or closes the connection. It accepts reconnecting clients, and
/// misbehaves again. With a certificate, it supports TLS, and mutates records as well.</summary>
internal sealed class FuzzingServer : IAsyncDisposable
{
    internal const int SizeBytes = 1 << 20;

    private readonly TemporaryDirectory home = new();
    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Random random;
    private readonly bool isStructured;
    private readonly int oneIn;
    private readonly X509Certificate2? certificate;
    private readonly Task life;
    private int connections;

    /// <param name="random">Selects the mutations.</param>
    /// <param name="oneIn">The reciprocal of the mutation rate.</param>
    /// <param name="certificate">For TLS; null: none.</param>
    internal FuzzingServer(Random random, int oneIn, X509Certificate2? certificate)
    {
        this.random = random;
        this.oneIn = oneIn;
        this.certificate = certificate;
        isStructured = random.Next(2) == 0;
        var path = home.FilePath("nbd.sock");
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        Uri = NbdUri.Unix(path, "disk", tls: certificate is not null);
        life = Task.Run(AcceptAsync);
    }

    internal NbdUri Uri { get; }

    /// <summary>The number of connections that the client has not closed.</summary>
    internal int Connections => Volatile.Read(ref connections);

    public async ValueTask DisposeAsync()
    {
        listener.Dispose();
        await life.InTime();
        home.Dispose();
    }

    private async Task AcceptAsync()
    {
        var all = new List<Task>();
        try
        {
            while (true)
            {
                var socket = await listener.AcceptAsync();
                Interlocked.Increment(ref connections);
                all.Add(ServeAsync(socket, new Random(random.Next())));
            }
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(all);
        }
    }

    private async Task ServeAsync(Socket socket, Random own)
    {
        using var served = socket;
        try
        {
            await using var conversation = new Conversation(socket, certificate, own, isStructured, oneIn);
            await conversation.RunAsync();
        }
        catch (Exception fault) when (fault is IOException or AuthenticationException)
        {
            // The client or this server closed the connection.
        }

        Interlocked.Decrement(ref connections);
    }

    private sealed class Conversation(
        Socket socket, X509Certificate2? certificate, Random random, bool isStructured, int oneIn) : IAsyncDisposable
    {
        private Stream stream = new NetworkStream(socket);

        public ValueTask DisposeAsync() => stream.DisposeAsync();

        internal async Task RunAsync()
        {
            var greeting = new byte[18];
            BinaryPrimitives.WriteUInt64BigEndian(greeting, NbdMagic.Greeting);
            BinaryPrimitives.WriteUInt64BigEndian(greeting.AsSpan(8), NbdMagic.Option);
            BinaryPrimitives.WriteUInt16BigEndian(greeting.AsSpan(16), (ushort)random.Next(1, 4));
            await SendLinesAsync(greeting);
            await ReceiveAsync(sizeof(uint));
            while (await OptionAsync())
            {
            }

            while (true)
            {
                await RequestAsync();
            }
        }

        /// <summary>False: the export was chosen.</summary>
        private async Task<bool> OptionAsync()
        {
            if (!OptionHeader.TryRead(await ReceiveAsync(OptionHeader.SizeBytes), out var header))
            {
                throw new EndOfStreamException("The client sent no option.");
            }

            await ReceiveAsync((int)header.LengthBytes);
            var info = new byte[ExportInfo.WireBytes];
            new ExportInfo(SizeBytes, (TransmissionFlags)0xfed).Write(info);
            switch (header.Option)
            {
                case NbdOption.StartTls when certificate is not null:
                    await ReplyAsync(header.Option, OptionReplyType.Ack);
                    await EncryptAsync(certificate);
                    return true;
                case NbdOption.StructuredReply when isStructured:
                    await ReplyAsync(header.Option, OptionReplyType.Ack);
                    return true;
                case NbdOption.SetMetaContext:
                    await ReplyAsync(
                        header.Option, OptionReplyType.MetaContext, [0, 0, 0, 1, .. "base:allocation"u8]);
                    await ReplyAsync(header.Option, OptionReplyType.Ack);
                    return true;
                case NbdOption.Go:
                    await ReplyAsync(header.Option, OptionReplyType.Info, info);
                    await ReplyAsync(header.Option, OptionReplyType.Ack);
                    return false;
                case NbdOption.ExportName:
                    await SendLinesAsync([.. info[sizeof(ushort)..], .. new byte[NbdMagic.ExportNamePadding]]);
                    return false;
                case NbdOption.Abort:
                    throw new EndOfStreamException("The client aborted.");
                default:
                    await ReplyAsync(header.Option, OptionReplyType.ErrorUnsupported);
                    return true;
            }
        }

        private async Task EncryptAsync(X509Certificate2 own)
        {
            var secure = new SslStream(new TamperedStream(stream, new Random(random.Next()), oneIn * 4));
            stream = secure;
            await secure.AuthenticateAsServerAsync(own).InTime();
        }

        private async Task RequestAsync()
        {
            if (!RequestHeader.TryRead(await ReceiveAsync(RequestHeader.SizeBytes), out var request))
            {
                throw new EndOfStreamException("The client sent no request.");
            }

            await ReceiveAsync((int)request.PayloadBytes);
            if (request.Command == NbdCommand.Disconnect)
            {
                throw new EndOfStreamException("The client disconnected.");
            }

            var data = new byte[request.Command == NbdCommand.Read ? request.LengthBytes : 0];
            Array.Fill(data, (byte)0x5a);
            if (!isStructured)
            {
                var reply = new byte[SimpleReply.SizeBytes];
                new SimpleReply(random.Next(30) == 0 ? NbdError.NoSpace : NbdError.None, request.Cookie).Write(reply);
                await SendLinesAsync(SimpleReply.Read(reply).Error == NbdError.None ? [.. reply, .. data] : reply);
                return;
            }

            if (data.Length > 0)
            {
                await ChunksAsync(request, data);
            }

            await ChunkAsync(request, ReplyChunkType.None, [], isLast: true);
        }

        private async Task ChunksAsync(RequestHeader request, byte[] data)
        {
            var offset = new byte[sizeof(ulong)];
            var cut = random.Next(1, data.Length + 1);
            BinaryPrimitives.WriteUInt64BigEndian(offset, request.Offset);
            await ChunkAsync(request, ReplyChunkType.OffsetData, [.. offset, .. data[..cut]], isLast: false);
            if (cut < data.Length)
            {
                var hole = new byte[ReplyChunk.HoleBytes];
                BinaryPrimitives.WriteUInt64BigEndian(hole, request.Offset + (ulong)cut);
                BinaryPrimitives.WriteUInt32BigEndian(hole.AsSpan(sizeof(ulong)), (uint)(data.Length - cut));
                await ChunkAsync(request, ReplyChunkType.OffsetHole, hole, isLast: false);
            }
        }

        private Task ChunkAsync(RequestHeader request, ReplyChunkType type, byte[] payload, bool isLast)
        {
            var bytes = new byte[ReplyChunk.SizeBytes];
            var flags = isLast ? ReplyChunkFlags.Done : ReplyChunkFlags.None;
            new ReplyChunk(flags, type, request.Cookie, (uint)payload.Length).Write(bytes);
            return SendLinesAsync([.. bytes, .. payload]);
        }

        private Task ReplyAsync(NbdOption option, OptionReplyType type, params byte[] data)
        {
            var bytes = new byte[OptionReplyHeader.SizeBytes];
            new OptionReplyHeader(option, type, (uint)data.Length).Write(bytes);
            return SendLinesAsync([.. bytes, .. data]);
        }

        private async Task SendLinesAsync(byte[] message)
        {
            if (random.Next(oneIn) == 0)
            {
                var messages = new List<byte[]> { message };
                Mutation.Apply(messages, random);
                message = [.. messages.SelectMany(part => part)];
            }

            foreach (var piece in Mutation.Fragments([message], random))
            {
                await stream.WriteAsync(piece).AsTask().InTime();
            }

            switch (random.Next(oneIn * 4))
            {
                case 0:
                    throw new EndOfStreamException("The connection is closed.");
                case 1:
                    await SilenceAsync();
                    break;
            }
        }

        /// <summary>Sends no more; the client must close the connection.</summary>
        private async Task SilenceAsync()
        {
            while (true)
            {
                await ReceiveAsync(1);
            }
        }

        private async Task<byte[]> ReceiveAsync(int length)
        {
            Assert.InRange(length, 0, 64 << 20);
            var bytes = new byte[length];
            for (var at = 0; at < length;)
            {
                var received = await stream.ReadAsync(bytes.AsMemory(at)).AsTask().InTime();
                at += received > 0 ? received : throw new EndOfStreamException("The client closed the connection.");
            }

            return bytes;
        }
    }
}
