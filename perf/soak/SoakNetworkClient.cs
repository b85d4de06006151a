using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace DmIo.Soak;

/// <summary>
/// A client like that of the Linux kernel: simple replies, several requests in flight. It has its own region of the
/// export, and checks every byte that it receives. Written from the specification, independent of the server.
/// </summary>
internal sealed class SoakNetworkClient(string socketPath, string export, int region, int seed)
{
    /// <summary>The size of its region, which no other client uses.</summary>
    internal const int RegionBytes = 8 << 20;

    private const int RequestsAtOnce = 16;
    private const int HeaderBytes = 28;
    private const int ReplyBytes = 16;
    private const uint InvalidArgument = 22;
    private const long PastTheEnd = long.MaxValue - 512;

    private readonly Random random = new(seed);
    private readonly byte[] held = new byte[RegionBytes];
    private readonly byte[] received = new byte[RegionBytes];
    private readonly Dictionary<ulong, Request> unanswered = [];
    private ulong lastCookie;

    internal long Requests { get; private set; }

    internal long HangUps { get; private set; }

    /// <summary>Runs until it is canceled and its last requests are answered.</summary>
    internal async Task RunAsync(CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), CancellationToken.None);
            await using var stream = new NetworkStream(socket);
            await ChooseAsync(stream);
            for (var count = random.Next(100); count > 0 && !end.IsCancellationRequested; count--)
            {
                await AskAsync(stream, NewBatch(mayWrite: true), answers: int.MaxValue);
            }

            if (!end.IsCancellationRequested)
            {
                // Disconnects during replies. Reads only, since an unanswered write can take effect at any later time.
                await AskAsync(stream, NewBatch(mayWrite: false), answers: random.Next(3));
                unanswered.Clear();
                HangUps++;
            }
        }
    }

    private async Task ChooseAsync(NetworkStream stream)
    {
        const int greetingBytes = 18;
        const int exportBytes = 10;
        var name = Encoding.UTF8.GetBytes(export);
        var bytes = new byte[4 + 8 + 4 + 4 + name.Length];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, 3); // fixed newstyle, no zeroes
        Encoding.ASCII.GetBytes("IHAVEOPT").CopyTo(bytes, 4);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(12), 1); // EXPORT_NAME
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(16), (uint)name.Length);
        name.CopyTo(bytes, 20);
        await stream.ReadExactlyAsync(received.AsMemory(0, greetingBytes));
        await stream.WriteAsync(bytes);
        await stream.ReadExactlyAsync(received.AsMemory(0, exportBytes));
    }

    /// <summary>Requests that do not overlap a write of the batch.</summary>
    private List<Request> NewBatch(bool mayWrite)
    {
        var batch = new List<Request>();
        for (var count = random.Next(1, RequestsAtOnce + 1); count > 0; count--)
        {
            var length = random.Next(8) == 0 ? random.Next(1, 2 << 20) : random.Next(1, 160) * 512;
            var offset = random.Next(RegionBytes - length);
            var next = random.Next(6) switch
            {
                0 when mayWrite => NewWrite(offset, Math.Min(length, 512 << 10)),
                1 => new Request(Kind.PastTheEnd, 0, 512, []),
                _ => new Request(Kind.Read, offset, length, []),
            };
            if (!batch.Exists(next.Conflicts))
            {
                batch.Add(next);
            }
        }

        return batch;
    }

    private Request NewWrite(int offset, int length)
    {
        var payload = new byte[length];
        random.NextBytes(payload);
        return new Request(Kind.Write, offset, length, payload);
    }

    private async Task AskAsync(NetworkStream stream, List<Request> batch, int answers)
    {
        foreach (var request in batch)
        {
            unanswered[++lastCookie] = request;
        }

        Requests += batch.Count;
        var sent = SendAsync(stream, [.. unanswered]);
        for (var count = Math.Min(batch.Count, answers); count > 0; count--)
        {
            await ReceiveAsync(stream);
        }

        await sent;
        foreach (var request in batch.Where(request => request.Kind == Kind.Write))
        {
            request.Payload.CopyTo(held, request.Offset);
        }
    }

    private async Task SendAsync(NetworkStream stream, KeyValuePair<ulong, Request>[] requests)
    {
        foreach (var (cookie, request) in requests)
        {
            var bytes = new byte[HeaderBytes + request.Payload.Length];
            var start = request.Kind == Kind.PastTheEnd ? PastTheEnd : ((long)region * RegionBytes) + request.Offset;
            BinaryPrimitives.WriteUInt32BigEndian(bytes, 0x25609513);
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(6), (ushort)(request.Kind == Kind.Write ? 1 : 0));
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(8), cookie);
            BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(16), start);
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(24), request.Length);
            request.Payload.CopyTo(bytes, HeaderBytes);
            await stream.WriteAsync(bytes);
        }
    }

    private async Task ReceiveAsync(NetworkStream stream)
    {
        await stream.ReadExactlyAsync(received.AsMemory(0, ReplyBytes));
        var magic = BinaryPrimitives.ReadUInt32BigEndian(received);
        var error = BinaryPrimitives.ReadUInt32BigEndian(received.AsSpan(4));
        var cookie = BinaryPrimitives.ReadUInt64BigEndian(received.AsSpan(8));
        if (magic != 0x67446698 || !unanswered.Remove(cookie, out var request))
        {
            throw new InvalidDataException($"client {region}: a reply has magic {magic:x}, cookie {cookie}");
        }

        if (error != (request.Kind == Kind.PastTheEnd ? InvalidArgument : 0))
        {
            throw new InvalidDataException($"client {region}: {request} got error {error}");
        }

        if (request.Kind == Kind.Read)
        {
            var data = received.AsMemory(0, request.Length);
            await stream.ReadExactlyAsync(data);
            var same = data.Span.CommonPrefixLength(held.AsSpan(request.Offset));
            if (same < data.Length)
            {
                throw new InvalidDataException($"client {region}: byte {same} of {request} is wrong");
            }
        }
    }

    private enum Kind
    {
        Read,
        Write,
        PastTheEnd,
    }

    private sealed record Request(Kind Kind, int Offset, int Length, byte[] Payload)
    {
        internal bool Conflicts(Request other) =>
            (Kind == Kind.Write || other.Kind == Kind.Write)
            && Offset < other.Offset + other.Length && other.Offset < Offset + Length;

        public override string ToString() => $"{Kind} of {Length} bytes at {Offset}";
    }
}
