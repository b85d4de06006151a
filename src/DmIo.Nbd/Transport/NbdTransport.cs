namespace DmIo.Nbd.Transport;

/// <summary>
/// One connection's bytes: a socket, bare or under TLS. One receive and one send may be under way at a time, each from
/// any thread. What the peer or the network does comes as an <see cref="IOException"/>, also after <see cref="Abort"/>.
/// </summary>
internal abstract class NbdTransport : IAsyncDisposable
{
    /// <summary>The peer, for logs: an address and port, or <c>unix</c>.</summary>
    internal abstract string Peer { get; }

    /// <summary>Something is there to be received, or the end; false where that can't be told without
    /// receiving.</summary>
    internal virtual bool HasArrived => false;

    /// <summary>Waits until there is something to receive, or the end. Holds no buffer meanwhile.</summary>
    internal abstract ValueTask WaitAsync();

    /// <summary>Receives what is there, at least a byte; 0: the peer sends no more.</summary>
    internal abstract ValueTask<int> ReceiveAsync(Memory<byte> destination);

    /// <summary>Receives what is there, in order, as much as there is room for.</summary>
    /// <returns>How many bytes; 0: the peer sends no more; less: nothing is there, and <see cref="WaitAsync"/> waits
    /// for it.</returns>
    internal abstract ValueTask<int> TryReceiveAsync(ReadOnlyMemory<Memory<byte>> destinations);

    /// <summary>Fills all of <paramref name="destinations"/>, in order, straight from the connection; false: the peer
    /// ended first.</summary>
    internal abstract ValueTask<bool> FillAsync(IReadOnlyList<Memory<byte>> destinations);

    /// <summary>Sends all of <paramref name="parts"/>, in order, with as few system calls as it can; none is copied on
    /// a bare socket. They are free when it returns.</summary>
    internal abstract ValueTask SendAsync(IReadOnlyList<ReadOnlyMemory<byte>> parts);

    /// <summary>Changes whenever the system takes bytes of a send, and whenever the peer takes some of those: two equal
    /// values mean that nothing moved. From any thread.</summary>
    internal abstract (long TakenBytes, int QueuedBytes) SendProgress { get; }

    /// <summary>Receives no more: what waits to receive ends as if the peer had. Sending goes on. From any
    /// thread.</summary>
    internal abstract void EndReceiving();

    /// <summary>Breaks the connection at once; what is under way ends with an error. From any thread, any number of
    /// times.</summary>
    internal abstract void Abort();

    /// <summary>Closes it in an orderly way: what was sent arrives.</summary>
    public abstract ValueTask DisposeAsync();

    /// <summary>Fills all of one buffer; false: the peer ended first.</summary>
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
