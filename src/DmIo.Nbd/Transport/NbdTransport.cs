using System.Net.Sockets;

namespace DmIo.Nbd.Transport;

/// <summary>The byte stream of one connection: a socket, with or without TLS. One receive and one send may be pending
/// at a time, each from any thread. Network failures are thrown as <see cref="IOException"/>, also after
/// <see cref="Abort"/>.</summary>
internal abstract class NbdTransport : IAsyncDisposable
{
    /// <summary>The peer, for logs: address and port, or <c>unix</c>.</summary>
    internal abstract string Peer { get; }

    /// <summary>Data, or the end of the stream, can be received; false if unknown.</summary>
    internal virtual bool HasArrived => false;

    /// <summary>Waits until data, or the end of the stream, can be received. Holds no buffer.</summary>
    internal abstract ValueTask WaitAsync();

    /// <summary>Receives at least one byte; 0: end of the stream.</summary>
    internal abstract ValueTask<int> ReceiveAsync(Memory<byte> destination);

    /// <summary>Receives the available data into the destinations, in order, without waiting.</summary>
    /// <returns>The number of bytes; 0: end of the stream; negative: no data is available, use
    /// <see cref="WaitAsync"/>.</returns>
    internal abstract ValueTask<int> TryReceiveAsync(ReadOnlyMemory<Memory<byte>> destinations);

    /// <summary>Fills all of <paramref name="destinations"/>, in order, without an intermediate buffer; false: the
    /// stream ended before.</summary>
    internal abstract ValueTask<bool> FillAsync(IReadOnlyList<Memory<byte>> destinations);

    /// <summary>Sends all of <paramref name="parts"/>, in order, with as few system calls as possible, and without
    /// copying them unless TLS is used. They can be reused when this completes.</summary>
    internal abstract ValueTask SendAsync(IReadOnlyList<ReadOnlyMemory<byte>> parts);

    /// <summary>Changes when the system accepts bytes of a send, and when the peer acknowledges some of them: two equal
    /// values mean that there was no progress. Thread-safe.</summary>
    internal abstract (long TakenBytes, int QueuedBytes) SendProgress { get; }

    /// <summary>Ends receiving, as if the peer had closed its side. Sending continues. Thread-safe.</summary>
    internal abstract void EndReceiving();

    /// <summary>Ends sending: the peer sees the end of the stream after what was sent; pending sends fail. Receiving
    /// continues. Thread-safe.</summary>
    internal abstract void EndSending();

    /// <summary>Aborts the connection; pending I/O fails. Thread-safe and idempotent.</summary>
    internal abstract void Abort();

    /// <summary>Closes the connection gracefully: sent data is delivered.</summary>
    public abstract ValueTask DisposeAsync();

    /// <summary>Fills one buffer; false: the stream ended before.</summary>
    internal async ValueTask<bool> FillAsync(Memory<byte> destination)
    {
        while (destination.Length > 0)
        {
            var received = await ReceiveAsync(destination).ConfigureAwait(false);
            if (received == 0)
            {
                return false;
            }

            destination = destination[received..];
        }

        return true;
    }
}

/// <summary>The errno values of connection failures.</summary>
internal static class ConnectionErrors
{
    /// <summary>EPIPE.</summary>
    internal const int BrokenPipe = 32;

    /// <summary>EPROTO: the peer violated the protocol.</summary>
    internal const int Protocol = 71;

    /// <summary>ECONNRESET: the connection was lost while the request was in flight.</summary>
    internal const int Reset = 104;

    /// <summary>ENOTCONN: there was no connection.</summary>
    internal const int NotConnected = 107;

    /// <summary>ETIMEDOUT.</summary>
    internal const int TimedOut = 110;

    /// <summary>The peer closed the connection, so it executes no further requests of it.</summary>
    internal static bool IsEndByPeer(Exception fault) => fault switch
    {
        { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.Shutdown } } =>
            true,
        IOException { HResult: BrokenPipe or Reset } => true,
        _ => false,
    };
}
