using DmIo.Nbd.Protocol;
using DmIo.Nbd.Server.Exports;
using DmIo.Nbd.Transport;

namespace DmIo.Nbd.Server.Requests;

/// <summary>
/// What has come on a connection and is not taken in yet, in one block of the export's memory. Requests are read where
/// they lie, and the data of a small write go to the device from here: who takes them holds the block, and the window
/// goes on behind them, or in a block of its own. An empty window has no block, and neither has one that waits for the
/// rest of a header: its bytes lie in memory of its own. So do those of an unfinished small write, if others need the
/// block. One user, the receive loop; while it waits, the block is given back from any thread.
/// </summary>
internal sealed class ReceiveWindow
{
    /// <summary>With less room behind what is taken, it goes on in a fresh block.</summary>
    private const int UsefulBytes = 8 * 1024;

    private readonly RequestSource source;
    private readonly MemoryShare share;
    private readonly Action reclaim;
    private readonly byte[] header = new byte[RequestHeader.SizeBytes];
    private readonly Memory<byte>[] room = new Memory<byte>[1];
    private PageBlock? block;
    private Memory<byte> memory;
    private int start;
    private int end;

    internal ReceiveWindow(RequestSource source, MemoryShare share)
    {
        this.source = source;
        this.share = share;
        reclaim = Reclaim;
    }

    internal int Available => end - start;

    internal ReadOnlySpan<byte> Pending => memory.Span[start..end];

    internal void Skip(int bytes)
    {
        Invariant.Require(bytes <= Available);
        start += bytes;
    }

    /// <summary>Gives the part the next bytes, and a hold on the block that they are in.</summary>
    internal void Give(RequestPart part, int bytes)
    {
        block!.Retain();
        part.Add(block, memory.Slice(start, bytes));
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
        if (early.Length > PageBlock.SizeBytes)
        {
            return false;
        }

        if (early.Length > 0)
        {
            if (await share.TakeAsync().ConfigureAwait(false) is not { } first)
            {
                return false;
            }

            early.CopyTo(first.Memory);
            Use(first, early.Length);
        }

        return true;
    }

    /// <summary>An empty window gives its block back, whoever else still uses that.</summary>
    internal void ReleaseIfEmpty()
    {
        if (Available == 0)
        {
            Release();
        }
    }

    internal void Release()
    {
        var held = block;
        block = null;
        memory = default;
        start = end = 0;
        held?.Release();
    }

    /// <summary>Receives at least one byte more, at most <paramref name="mostBytes"/>, so placed that
    /// <paramref name="neededBytes"/> from the next one on will have room.</summary>
    /// <returns>False: the peer has ended, or the share was closed.</returns>
    internal async ValueTask<bool> ReceiveAsync(int neededBytes, int mostBytes)
    {
        while (await MakeRoomAsync(neededBytes).ConfigureAwait(false))
        {
            room[0] = memory.Slice(end, Math.Min(mostBytes, memory.Length - end));
            var received = await source.TryReceiveAsync(room).ConfigureAwait(false);
            if (received >= 0)
            {
                end += received;
                return received > 0;
            }

            if (Available <= header.Length)
            {
                Reclaim();
            }

            await source.WaitAsync(block is null ? 0 : 1, reclaim).ConfigureAwait(false);
        }

        return false;
    }

    private async ValueTask<bool> MakeRoomAsync(int neededBytes)
    {
        if (block is not null && !block.IsShared && start > 0)
        {
            Pending.CopyTo(memory.Span);
            (start, end) = (0, Available);
        }

        var wanted = Available == 0 ? Math.Max(neededBytes, UsefulBytes) : neededBytes;
        if (block is not null && memory.Length - start >= wanted)
        {
            return true;
        }

        if (await share.TakeAsync().ConfigureAwait(false) is not { } fresh)
        {
            return false;
        }

        Pending.CopyTo(fresh.Memory.Span);
        var kept = Available;
        Release();
        Use(fresh, kept);
        return true;
    }

    private void Use(PageBlock fresh, int filled)
    {
        block = fresh;
        memory = fresh.Memory;
        (start, end) = (0, filled);
    }

    /// <summary>Moves what is pending, an unfinished small request, out of the block.</summary>
    private void Reclaim()
    {
        var kept = Available <= header.Length ? header : new byte[Available];
        Pending.CopyTo(kept);
        var bytes = Available;
        Release();
        memory = kept;
        end = bytes;
    }
}

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
