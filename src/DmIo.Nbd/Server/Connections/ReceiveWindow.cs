using DmIo.Nbd.Transport;

namespace DmIo.Nbd.Server;

/// <summary>
/// What has come on a connection and is not taken in yet, in one block of the export's memory. Requests are read where
/// they lie, and the data of a small write go to the device from here: who takes them holds the block, and the window
/// goes on behind them, or in a block of its own. An empty window has no block. One user, the receive loop.
/// </summary>
internal sealed class ReceiveWindow(NbdTransport transport, MemoryShare share, ConnectionCounters counters)
{
    /// <summary>With less room behind what is taken, it goes on in a fresh block.</summary>
    private const int UsefulBytes = 8 * 1024;

    private PageBlock? block;
    private int start;
    private int end;

    internal int Available => end - start;

    internal ReadOnlySpan<byte> Pending => block is null ? default : block.Memory.Span[start..end];

    internal void Skip(int bytes)
    {
        Invariant.Require(bytes <= Available);
        start += bytes;
    }

    /// <summary>Gives the piece the next bytes, and a hold on the block that they are in.</summary>
    internal void Give(Piece piece, int bytes)
    {
        block!.Hold();
        piece.Add(block, block.Memory.Slice(start, bytes));
        Skip(bytes);
    }

    /// <summary>Copies out the next bytes.</summary>
    internal int CopyTo(Memory<byte> destination)
    {
        var bytes = Math.Min(Available, destination.Length);
        if (bytes > 0)
        {
            Pending[..bytes].CopyTo(destination.Span);
            Skip(bytes);
        }

        return bytes;
    }

    /// <summary>Bytes that came with the handshake.</summary>
    internal async ValueTask<bool> BeginAsync(ReadOnlyMemory<byte> early)
    {
        while (early.Length > 0)
        {
            block = await share.TakeAsync().ConfigureAwait(false);
            if (block is null || early.Length > PageBlock.SizeBytes)
            {
                return false;
            }

            early.CopyTo(block.Memory);
            end = early.Length;
            early = default;
        }

        return true;
    }

    /// <summary>An empty window gives its block back, whoever else still uses that.</summary>
    internal void LetGo()
    {
        if (block is { } held)
        {
            block = null;
            start = end = 0;
            held.Release();
        }
    }

    /// <summary>Receives at least one byte more, at most <paramref name="mostBytes"/>, so placed that
    /// <paramref name="neededBytes"/> from the next one on will have room.</summary>
    /// <returns>False: the peer has ended, or the share was closed.</returns>
    internal async ValueTask<bool> ReceiveAsync(int neededBytes, int mostBytes)
    {
        if (!await MakeRoomAsync(neededBytes).ConfigureAwait(false))
        {
            return false;
        }

        var room = Math.Min(mostBytes, PageBlock.SizeBytes - end);
        var receiving = transport.ReceiveAsync(block!.Memory.Slice(end, room));
        var received = await counters.ReceivedAsync(receiving).ConfigureAwait(false);
        end += received;
        return received > 0;
    }

    private async ValueTask<bool> MakeRoomAsync(int neededBytes)
    {
        if (block is not null && !block.IsShared && start > 0)
        {
            Pending.CopyTo(block.Memory.Span);
            (start, end) = (0, Available);
        }

        var wanted = Available == 0 ? Math.Max(neededBytes, UsefulBytes) : neededBytes;
        if (block is not null && PageBlock.SizeBytes - start >= wanted)
        {
            return true;
        }

        if (await share.TakeAsync().ConfigureAwait(false) is not { } fresh)
        {
            return false;
        }

        Pending.CopyTo(fresh.Memory.Span);
        var kept = Available;
        LetGo();
        (block, start, end) = (fresh, 0, kept);
        return true;
    }
}
