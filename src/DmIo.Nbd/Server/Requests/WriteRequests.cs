using DmIo.Nbd.Server.Exports;

namespace DmIo.Nbd.Server.Requests;

/// <summary>Starts writes. A small write is in the window completely, and is written to the device from there. The data
/// of a large write is received separately. Used by the receive loop only.</summary>
internal sealed class WriteRequests(
    RequestSource source, ReceiveWindow window, DataBuffers buffers, OfferedExport export)
{
    /// <summary>Up to this length, the data of a write is received with its header.</summary>
    internal const int SmallBytes = 32 * 1024;

    /// <summary>A refused write that is longer ends the connection, because its data would have to be received and
    /// discarded.</summary>
    private const uint MaxDrainedBytes = 2 * OfferedExport.MaxPayloadBytes;

    private readonly LargeWriteReceiver large = new(source, window, buffers, export);

    /// <summary>Starts a write whose data is in the window.</summary>
    internal void WriteSmall(NbdRequest request)
    {
        var header = request.Header;
        var part = request.NextPart();
        window.MoveTo(part, (int)header.LengthBytes);
        request.Add(part, isLast: true).Write((long)header.Offset, header.LengthBytes, header.IsDurable);
    }

    /// <summary>Receives and starts a large write.</summary>
    /// <returns>False: the connection is ending.</returns>
    internal ValueTask<bool> WriteLargeAsync(NbdRequest request) => large.TakeAsync(request);

    /// <summary>Discards the data of a refused write. Null: done; otherwise the reason to close the
    /// connection.</summary>
    internal async ValueTask<string?> DrainAsync(uint bytes)
    {
        if (bytes > MaxDrainedBytes)
        {
            return $"The client sent a write of {bytes} bytes; the maximum is {OfferedExport.MaxPayloadBytes}.";
        }

        // The window may need a second block, and must not wait for a third while one is held here.
        buffers.Release();
        while (bytes > 0)
        {
            var here = (int)Math.Min(bytes, window.Available);
            window.Skip(here);
            bytes -= (uint)here;
            if (bytes > 0 && !await window.ReceiveAsync(1, (int)bytes).ConfigureAwait(false))
            {
                return "The client closed the connection in the middle of a request.";
            }
        }

        return null;
    }
}

/// <summary>
/// Receives the data of large writes, one write at a time, into the memory that the device writes from, part by part.
/// It waits for data without memory, or with a part that holds some. If others need that memory, the whole device
/// blocks are written at once, as a smaller part, and the rest, less than a block, is copied to separate memory until
/// more arrives. Used by the receive loop only; while it waits, any thread may reclaim the memory.
/// </summary>
internal sealed class LargeWriteReceiver
{
    private readonly RequestSource source;
    private readonly ReceiveWindow window;
    private readonly DataBuffers buffers;
    private readonly int blockBytes;
    private readonly Action reclaim;
    private readonly Memory<byte>[] unfilled = new Memory<byte>[RequestPart.MaxBlocks];
    private NbdRequest? request;
    private RequestPart? part;
    private long offset;
    private long left;
    private int size;
    private int filled;
    private byte[] rest = [];
    private int restBytes;

    internal LargeWriteReceiver(RequestSource source, ReceiveWindow window, DataBuffers buffers, OfferedExport export)
    {
        this.source = source;
        this.window = window;
        this.buffers = buffers;
        blockBytes = export.DeviceBlockBytes;
        reclaim = Reclaim;
    }

    /// <summary>Receives all data of the write.</summary>
    /// <returns>False: the connection is ending.</returns>
    internal async ValueTask<bool> TakeAsync(NbdRequest write)
    {
        request = write;
        (offset, left) = ((long)write.Header.Offset, write.Header.LengthBytes);
        try
        {
            while (left > 0)
            {
                var isConnected = part is null
                    ? await BeginAsync().ConfigureAwait(false)
                    : await ReceiveAsync().ConfigureAwait(false);
                if (!isConnected)
                {
                    return false;
                }

                if (part is not null && filled == size)
                {
                    Send(filled);
                }
            }

            return true;
        }
        finally
        {
            // Also if the connection breaks: it ends only after all its requests.
            if (left > 0)
            {
                part?.Release();
                part = null;
                restBytes = 0;
                write.Abandon();
            }
        }
    }

    /// <summary>Begins a part with the data that has already been received.</summary>
    private async ValueTask<bool> BeginAsync()
    {
        window.ReleaseIfEmpty();
        var next = request!.NextPart();
        var max = RequestPart.MaxBytes - (int)(offset % blockBytes);
        size = await buffers.AllocateBlocksAsync(next, (int)Math.Min(left, max)).ConfigureAwait(false);
        if (size == 0)
        {
            return false;
        }

        part = next;
        rest.AsSpan(0, restBytes).CopyTo(next.Memory.GetSegment(0).Span);
        (filled, restBytes) = (restBytes, 0);
        TakePending();
        window.ReleaseIfEmpty();
        return true;
    }

    private void TakePending()
    {
        foreach (var segment in Unfilled().Span)
        {
            filled += window.CopyTo(segment);
        }
    }

    /// <summary>Receives more data of the part.</summary>
    private async ValueTask<bool> ReceiveAsync()
    {
        var received = await source.TryReceiveAsync(Unfilled()).ConfigureAwait(false);
        if (received >= 0)
        {
            filled += received;
            return received > 0;
        }

        if (filled == 0)
        {
            Reclaim();
        }

        await source.WaitAsync(part?.BlockCount ?? 0, reclaim).ConfigureAwait(false);
        return true;
    }

    /// <summary>The segments of the part that are not filled.</summary>
    private ReadOnlyMemory<Memory<byte>> Unfilled()
    {
        var (count, skip) = (0, filled);
        for (var index = 0; index < part!.Memory.SegmentCount; index++)
        {
            var segment = part.Memory.GetSegment(index);
            if (skip < segment.Length)
            {
                unfilled[count++] = segment[skip..];
            }

            skip = Math.Max(0, skip - segment.Length);
        }

        return unfilled.AsMemory(0, count);
    }

    private void Reclaim()
    {
        var whole = (int)Math.Max(0, ((offset + filled) & -blockBytes) - offset);
        rest = rest.Length < filled - whole ? new byte[blockBytes] : rest;
        for (var (index, start) = (0, 0); index < part!.Memory.SegmentCount && start < filled; index++)
        {
            var segment = part.Memory.GetSegment(index);
            var first = Math.Clamp(whole - start, 0, segment.Length);
            var limit = Math.Min(filled - start, segment.Length);
            if (first < limit)
            {
                segment[first..limit].Span.CopyTo(rest.AsSpan(restBytes));
                restBytes += limit - first;
            }

            start += segment.Length;
        }

        if (whole > 0)
        {
            Send(whole);
        }
        else
        {
            part.Release();
            part = null;
        }
    }

    /// <summary>Sends the part's first bytes to the device. After the last part, the caller must not access the
    /// request.</summary>
    private void Send(int bytes)
    {
        var (sent, start, isLast) = (part!, offset, bytes == left);
        part = null;
        offset += bytes;
        left -= bytes;
        sent.Trim(bytes);
        request!.Add(sent, isLast).Write(start, bytes, request.Header.IsDurable);
    }
}
