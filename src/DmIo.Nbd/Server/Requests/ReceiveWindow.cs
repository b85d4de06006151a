using DmIo.Nbd.Protocol;
using DmIo.Nbd.Server.Exports;
using DmIo.Nbd.Transport;

namespace DmIo.Nbd.Server.Requests;

/// <summary>
/// The received but unprocessed bytes of a connection, in one block of the export's memory. Requests are parsed in
/// place, and the data of small writes is written to the device from here: such a write retains the block, and the
/// window continues after it, or in another block. An empty window holds no block, and neither does one that waits for
/// the rest of a header, whose bytes are copied out. The bytes of an incomplete small write are copied out if others
/// need the block. Used by the receive loop only; while it waits, any thread may reclaim the block.
/// </summary>
internal sealed class ReceiveWindow
{
    /// <summary>With less space after the pending bytes, the window continues in a new block.</summary>
    private const int UsefulBytes = 8 * 1024;

    private readonly RequestSource source;
    private readonly MemoryShare share;
    private readonly Action reclaim;
    private readonly byte[] header = new byte[RequestHeader.SizeBytes];
    private readonly Memory<byte>[] destination = new Memory<byte>[1];
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

    /// <summary>Adds the next bytes to the part, with a reference to their block.</summary>
    internal void MoveTo(RequestPart part, int bytes)
    {
        block!.Retain();
        part.Add(block, memory.Slice(start, bytes));
        Skip(bytes);
    }

    /// <summary>Copies and removes the next bytes.</summary>
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

    /// <summary>Adds the bytes that were received with the handshake.</summary>
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

    /// <summary>Releases the block if the window is empty, even if requests still use the block.</summary>
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

    /// <summary>Receives at least one byte and at most <paramref name="maxBytes"/>, and ensures that
    /// <paramref name="neededBytes"/> from the first pending byte fit.</summary>
    /// <returns>False: the client disconnected, or the share was closed.</returns>
    internal async ValueTask<bool> ReceiveAsync(int neededBytes, int maxBytes)
    {
        while (await MakeRoomAsync(neededBytes).ConfigureAwait(false))
        {
            destination[0] = memory.Slice(end, Math.Min(maxBytes, memory.Length - end));
            var received = await source.TryReceiveAsync(destination).ConfigureAwait(false);
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

    /// <summary>Copies the pending bytes, an incomplete small request, out of the block.</summary>
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

/// <summary>Receives the bytes of one connection's requests: available bytes at once, and missing bytes by a wait
/// during which memory can be reclaimed. Used by the receive loop only.</summary>
internal sealed class RequestSource(NbdTransport transport, MemoryShare share, ConnectionCounters counters)
{
    /// <summary>Receives the available bytes.</summary>
    /// <returns>The number of bytes; 0: the client sends no more; negative: no data is available.</returns>
    internal async ValueTask<int> TryReceiveAsync(ReadOnlyMemory<Memory<byte>> destinations)
    {
        var received = await transport.TryReceiveAsync(destinations).ConfigureAwait(false);
        if (received > 0)
        {
            counters.Received();
        }

        return received;
    }

    /// <summary>Waits for more data in the middle of a request.</summary>
    /// <param name="blocks">The number of blocks that are held during the wait.</param>
    /// <param name="reclaim">Returns the blocks, on any thread, if others need them before this method returns.</param>
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
