using DmIo.Nbd.Server.Exports;

namespace DmIo.Nbd.Server.Requests;

/// <summary>
/// Takes in the data of writes. Small ones lie in the window whole, and go to the device from there; of large ones the
/// data are still coming. One user, the receive loop.
/// </summary>
internal sealed class WriteRequests(
    RequestSource source, ReceiveWindow window, DataBuffers buffers, OfferedExport export)
{
    /// <summary>Data of a write up to here are received along with its header.</summary>
    internal const int SmallBytes = 32 * 1024;

    /// <summary>A longer write that is refused ends the connection: nobody waits for so much to throw it
    /// away.</summary>
    private const uint MaxDrainedBytes = 2 * OfferedExport.MaxPayloadBytes;

    private readonly LargeWriteReceiver large = new(source, window, buffers, export);

    /// <summary>One whose data have come.</summary>
    internal void WriteSmall(NbdRequest request)
    {
        var header = request.Header;
        var part = request.NextPart();
        window.Give(part, (int)header.LengthBytes);
        request.Add(part, isLast: true).Write((long)header.Offset, header.LengthBytes, header.IsDurable);
    }

    /// <summary>One whose data are coming.</summary>
    /// <returns>False: the connection is ending, and nobody waits for the answer.</returns>
    internal ValueTask<bool> WriteLargeAsync(NbdRequest request) => large.TakeAsync(request);

    /// <summary>Throws the data of a refused write away. Null: they are gone; otherwise why this is the end.</summary>
    internal async ValueTask<string?> DrainAsync(uint bytes)
    {
        if (bytes > MaxDrainedBytes)
        {
            return $"The client sent a write of {bytes} bytes; the maximum is {OfferedExport.MaxPayloadBytes}.";
        }

        // The window may need a second block, and waits for no third while one is held here.
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
/// Receives the data of large writes, one write at a time, into the pages that the device writes them from, part by
/// part. It waits for data without memory, or with a part that has some: if others need that memory, whole blocks of
/// the device are written at once, as a smaller part, and the rest, less than a block, lies in memory of its own until
/// more has come. One user, the receive loop; while it waits, memory is given back from any thread.
/// </summary>
internal sealed class LargeWriteReceiver
{
    private readonly RequestSource source;
    private readonly ReceiveWindow window;
    private readonly DataBuffers buffers;
    private readonly int blockBytes;
    private readonly Action reclaim;
    private readonly Memory<byte>[] room = new Memory<byte>[RequestPart.MaxBlocks];
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

    /// <summary>All of it.</summary>
    /// <returns>False: the connection is ending, and nobody waits for the answer.</returns>
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
            // Also where the connection breaks meanwhile: it does not end before its inFlight.
            if (left > 0)
            {
                part?.Release();
                part = null;
                restBytes = 0;
                write.Abandon();
            }
        }
    }

    /// <summary>A part with what has come of its data already.</summary>
    private async ValueTask<bool> BeginAsync()
    {
        window.ReleaseIfEmpty();
        var next = request!.NextPart();
        var most = RequestPart.MaxBytes - (int)(offset % blockBytes);
        size = await buffers.GiveBlocksAsync(next, (int)Math.Min(left, most)).ConfigureAwait(false);
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
        foreach (var segment in Room().Span)
        {
            filled += window.CopyTo(segment);
        }
    }

    /// <summary>Some of what its part still needs.</summary>
    private async ValueTask<bool> ReceiveAsync()
    {
        var received = await source.TryReceiveAsync(Room()).ConfigureAwait(false);
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

    /// <summary>What of the part is not filled.</summary>
    private ReadOnlyMemory<Memory<byte>> Room()
    {
        var (count, skip) = (0, filled);
        for (var index = 0; index < part!.Memory.SegmentCount; index++)
        {
            var segment = part.Memory.GetSegment(index);
            if (skip < segment.Length)
            {
                room[count++] = segment[skip..];
            }

            skip = Math.Max(0, skip - segment.Length);
        }

        return room.AsMemory(0, count);
    }

    private void Reclaim()
    {
        var whole = (int)Math.Max(0, ((offset + filled) & -blockBytes) - offset);
        rest = rest.Length < filled - whole ? new byte[blockBytes] : rest;
        for (var (index, start) = (0, 0); index < part!.Memory.SegmentCount && start < filled; index++)
        {
            var segment = part.Memory.GetSegment(index);
            var first = Math.Clamp(whole - start, 0, segment.Length);
            var behind = Math.Min(filled - start, segment.Length);
            if (first < behind)
            {
                segment[first..behind].Span.CopyTo(rest.AsSpan(restBytes));
                restBytes += behind - first;
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

    /// <summary>The part goes to the device with its first bytes. Behind the last one the request is not the
    /// caller's any more.</summary>
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
