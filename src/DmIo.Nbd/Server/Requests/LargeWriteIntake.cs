using DmIo.Nbd.Server.Exports;

namespace DmIo.Nbd.Server.Requests;

/// <summary>
/// Receives the data of large writes, one write at a time, into the pages that the device writes them from, piece by
/// piece. It waits for data without memory, or with a piece that has some: if others need that memory, whole blocks of
/// the device are written at once, as a smaller piece, and the rest, less than a block, lies in memory of its own until
/// more has come. One user, the receive loop; while it waits, memory is given back from any thread.
/// </summary>
internal sealed class LargeWriteIntake
{
    private readonly RequestSource source;
    private readonly ReceiveWindow window;
    private readonly DataSpace space;
    private readonly int blockBytes;
    private readonly Action giveBack;
    private readonly Memory<byte>[] room = new Memory<byte>[Piece.MostBlocks];
    private Transaction? transaction;
    private Piece? piece;
    private long offset;
    private long left;
    private int size;
    private int filled;
    private byte[] rest = [];
    private int restBytes;

    internal LargeWriteIntake(RequestSource source, ReceiveWindow window, DataSpace space, OfferedExport export)
    {
        this.source = source;
        this.window = window;
        this.space = space;
        blockBytes = export.DeviceBlockBytes;
        giveBack = GiveBack;
    }

    /// <summary>All of it.</summary>
    /// <returns>False: the connection is ending, and nobody waits for the answer.</returns>
    internal async ValueTask<bool> TakeAsync(Transaction write)
    {
        transaction = write;
        (offset, left) = ((long)write.Header.Offset, write.Header.LengthBytes);
        try
        {
            while (left > 0)
            {
                var goesOn = piece is null
                    ? await BeginAsync().ConfigureAwait(false)
                    : await ReceiveAsync().ConfigureAwait(false);
                if (!goesOn)
                {
                    return false;
                }

                if (piece is not null && filled == size)
                {
                    Send(filled);
                }
            }

            return true;
        }
        finally
        {
            // Also where the connection breaks meanwhile: it does not end before its transactions.
            if (left > 0)
            {
                piece?.Release();
                piece = null;
                restBytes = 0;
                write.Abandon();
            }
        }
    }

    /// <summary>A piece with what has come of its data already.</summary>
    private async ValueTask<bool> BeginAsync()
    {
        window.LetGoIfEmpty();
        var next = transaction!.NextPiece();
        var most = Piece.MostBytes - (int)(offset % blockBytes);
        size = await space.GiveBlocksAsync(next, (int)Math.Min(left, most)).ConfigureAwait(false);
        if (size == 0)
        {
            return false;
        }

        piece = next;
        rest.AsSpan(0, restBytes).CopyTo(next.Memory.GetSegment(0).Span);
        (filled, restBytes) = (restBytes, 0);
        TakePending();
        window.LetGoIfEmpty();
        return true;
    }

    private void TakePending()
    {
        foreach (var part in Room().Span)
        {
            filled += window.CopyTo(part);
        }
    }

    /// <summary>Some of what its piece still needs.</summary>
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
            GiveBack();
        }

        await source.WaitAsync(piece?.BlockCount ?? 0, giveBack).ConfigureAwait(false);
        return true;
    }

    /// <summary>What of the piece is not filled.</summary>
    private ReadOnlyMemory<Memory<byte>> Room()
    {
        var (count, skip) = (0, filled);
        for (var index = 0; index < piece!.Memory.SegmentCount; index++)
        {
            var part = piece.Memory.GetSegment(index);
            if (skip < part.Length)
            {
                room[count++] = part[skip..];
            }

            skip = Math.Max(0, skip - part.Length);
        }

        return room.AsMemory(0, count);
    }

    private void GiveBack()
    {
        var whole = (int)Math.Max(0, ((offset + filled) & -blockBytes) - offset);
        rest = rest.Length < filled - whole ? new byte[blockBytes] : rest;
        for (var (index, start) = (0, 0); index < piece!.Memory.SegmentCount && start < filled; index++)
        {
            var part = piece.Memory.GetSegment(index);
            var first = Math.Clamp(whole - start, 0, part.Length);
            var behind = Math.Min(filled - start, part.Length);
            if (first < behind)
            {
                part[first..behind].Span.CopyTo(rest.AsSpan(restBytes));
                restBytes += behind - first;
            }

            start += part.Length;
        }

        if (whole > 0)
        {
            Send(whole);
        }
        else
        {
            piece.Release();
            piece = null;
        }
    }

    /// <summary>The piece goes to the device with its first bytes. Behind the last one the transaction is not the
    /// caller's any more.</summary>
    private void Send(int bytes)
    {
        var (sent, start, isLast) = (piece!, offset, bytes == left);
        piece = null;
        offset += bytes;
        left -= bytes;
        sent.Trim(bytes);
        transaction!.Add(sent, isLast).Write(start, bytes, transaction.Header.IsDurable);
    }
}
