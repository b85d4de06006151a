using DmIo.Nbd.Transport;

namespace DmIo.Nbd.Server.Requests;

/// <summary>
/// The bytes of one connection's requests: what has come is received at once, and what has not is waited for with
/// memory that can be reclaimed. One user, the receive loop.
/// </summary>
internal sealed class RequestSource(NbdTransport transport, MemoryShare share, ConnectionCounters counters)
{
    /// <summary>Receives what has come.</summary>
    /// <returns>How many bytes; 0: the client sends no more; less: nothing has come.</returns>
    internal async ValueTask<int> TryReceiveAsync(ReadOnlyMemory<Memory<byte>> destinations)
    {
        var received = await transport.TryReceiveAsync(destinations).ConfigureAwait(false);
        if (received > 0)
        {
            counters.Received();
        }

        return received;
    }

    /// <summary>Waits in the middle of a request until more has come.</summary>
    /// <param name="blocks">What is held meanwhile.</param>
    /// <param name="reclaim">Gives that back, from any thread, where others need it before this returns.</param>
    internal async ValueTask WaitAsync(int blocks, Action reclaim)
    {
        counters.BeginPause();
        if (blocks > 0)
        {
            share.BeginPause(blocks, reclaim);
        }

        try
        {
            await transport.WaitAsync().ConfigureAwait(false);
        }
        finally
        {
            if (blocks > 0)
            {
                share.EndPause();
            }

            counters.EndPause();
        }
    }
}
