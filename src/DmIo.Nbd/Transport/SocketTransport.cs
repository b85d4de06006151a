using System.Net.Sockets;

namespace DmIo.Nbd.Transport;

/// <summary>A socket without TLS. Data is not copied, and a list of buffers needs one system call where the platform
/// supports that.</summary>
internal sealed class SocketTransport(Socket socket) : NbdTransport
{
    private long sentBytes;

    internal override string Peer { get; } = PeerOf(socket);

    /// <summary>The socket, for TLS.</summary>
    internal Socket Socket => socket;

    internal override (long TakenBytes, int QueuedBytes) SendProgress =>
        (Volatile.Read(ref sentBytes), SocketVectors.QueuedBytes(socket));

    internal override bool HasArrived
    {
        get
        {
            try
            {
                return socket.Poll(0, SelectMode.SelectRead);
            }
            catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
            {
                return true;
            }
        }
    }

    internal override async ValueTask WaitAsync()
    {
        do
        {
            // This also completes for data that was received in the meantime.
            await ReceiveAsync(Memory<byte>.Empty).ConfigureAwait(false);
        }
        while (!HasArrived);
    }

    internal override async ValueTask<int> ReceiveAsync(Memory<byte> destination)
    {
        try
        {
            return await socket.ReceiveAsync(destination, SocketFlags.None).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
        {
            throw Broken(fault);
        }
    }

    internal override ValueTask<int> TryReceiveAsync(ReadOnlyMemory<Memory<byte>> destinations) =>
        SocketVectors.IsSupported ? new ValueTask<int>(SocketVectors.TryReceive(socket, destinations.Span))
        : HasArrived ? ReceiveAsync(destinations.Span[0])
        : new ValueTask<int>(-1);

    internal override async ValueTask<bool> FillAsync(IReadOnlyList<Memory<byte>> destinations)
    {
        var rest = new Memory<byte>[destinations.Count];
        for (var index = 0; index < rest.Length; index++)
        {
            rest[index] = destinations[index];
        }

        var (first, skip) = Advance(destinations, static part => part.Length, 0, 0, 0);
        while (first < rest.Length)
        {
            rest[first] = destinations[first][skip..];
            var received = SocketVectors.IsSupported ? SocketVectors.TryReceive(socket, rest.AsSpan(first)) : -1;
            if (received <= 0)
            {
                received = await ReceiveAsync(rest[first]).ConfigureAwait(false);
                if (received == 0)
                {
                    return false;
                }
            }

            (first, skip) = Advance(destinations, static part => part.Length, first, skip, received);
        }

        return true;
    }

    internal override async ValueTask SendAsync(IReadOnlyList<ReadOnlyMemory<byte>> parts)
    {
        var (first, skip) = Advance(parts, static part => part.Length, 0, 0, 0);
        while (first < parts.Count)
        {
            var sent = SocketVectors.IsSupported ? SocketVectors.TrySend(socket, parts, first, skip) : -1;
            if (sent < 0)
            {
                sent = await SendOneAsync(parts[first][skip..]).ConfigureAwait(false);
            }

            Volatile.Write(ref sentBytes, sentBytes + sent);
            (first, skip) = Advance(parts, static part => part.Length, first, skip, sent);
        }
    }

    internal override void EndReceiving() => Shutdown(SocketShutdown.Receive);

    internal override void EndSending() => Shutdown(SocketShutdown.Send);

    internal override void Abort() => socket.Dispose();

    public override ValueTask DisposeAsync()
    {
        Shutdown(SocketShutdown.Both);
        socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Shutdown(SocketShutdown how)
    {
        try
        {
            socket.Shutdown(how);
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
        {
            // The peer has closed the connection already.
        }
    }

    private async ValueTask<int> SendOneAsync(ReadOnlyMemory<byte> part)
    {
        try
        {
            return await socket.SendAsync(part, SocketFlags.None).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
        {
            throw Broken(fault);
        }
    }

    /// <summary>The position in <paramref name="parts"/> after <paramref name="moved"/> more bytes. Empty parts are
    /// skipped.</summary>
    private static (int First, int Skip) Advance<T>(
        IReadOnlyList<T> parts, Func<T, int> lengthOf, int first, int skip, long moved)
    {
        while (first < parts.Count)
        {
            var rest = lengthOf(parts[first]) - skip;
            if (moved < rest)
            {
                return (first, skip + (int)moved);
            }

            moved -= rest;
            first++;
            skip = 0;
        }

        return (first, 0);
    }

    private static IOException Broken(Exception fault) => new(fault.Message, fault);

    private static string PeerOf(Socket socket) => socket.AddressFamily == AddressFamily.Unix
        ? "unix"
        : socket.RemoteEndPoint?.ToString() ?? "unknown";
}
