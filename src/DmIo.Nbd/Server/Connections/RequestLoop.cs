using DmIo.Nbd.Protocol;
using DmIo.Nbd.Transport;

namespace DmIo.Nbd.Server;

/// <summary>
/// Takes the requests of one connection in, until the client or the connection ends. Waits for memory and for room in
/// the flight by not receiving: so a client feels how fast its device is. It holds no memory while there is nothing to
/// receive. Large data go from the connection into the pages that the device writes them from.
/// </summary>
internal sealed class RequestLoop
{
    /// <summary>Data of a write up to here are received along with its header.</summary>
    private const int SmallBytes = 32 * 1024;

    /// <summary>How often a busy connection looks for more before it waits.</summary>
    private const int Looks = 10;

    /// <summary>A longer write that is refused ends the connection: nobody waits for so much to throw it
    /// away.</summary>
    private const uint MostDrained = 2 * NbdMagic.UsualMaxPayload;

    private readonly NbdTransport transport;
    private readonly MemoryShare share;
    private readonly Flight flight;
    private readonly ConnectionCounters counters;
    private readonly OfferedExport export;
    private readonly ReceiveWindow window;
    private readonly ReadSpace space;
    private readonly Memory<byte>[] rest = new Memory<byte>[Piece.MostBlocks];
    private readonly bool isStructured;
    private readonly bool hasBlockStatus;
    private bool expectsLarge;

    internal RequestLoop(
        NbdTransport transport,
        Export export,
        MemoryShare share,
        Flight flight,
        ConnectionCounters counters,
        OptionHaggling agreed)
    {
        this.transport = transport;
        this.share = share;
        this.flight = flight;
        this.counters = counters;
        this.export = export.Offer;
        isStructured = agreed.HasStructuredReplies;
        hasBlockStatus = agreed.HasBlockStatus;
        window = new ReceiveWindow(transport, share);
        space = new ReadSpace(share, export.Offer.DeviceBlockBytes);
    }

    /// <summary>Runs to the end.</summary>
    /// <param name="early">What came behind the handshake.</param>
    /// <returns>Why it ended.</returns>
    internal async Task<string> RunAsync(ReadOnlyMemory<byte> early)
    {
        try
        {
            if (!await window.BeginAsync(early).ConfigureAwait(false))
            {
                return "It sent too much behind its handshake.";
            }

            while (true)
            {
                if (await TakeAllAsync().ConfigureAwait(false) is { } reason)
                {
                    return reason;
                }

                if (!await ReceiveAsync().ConfigureAwait(false))
                {
                    return "It hung up.";
                }
            }
        }
        finally
        {
            window.LetGo();
            space.LetGo();
        }
    }

    private async ValueTask<bool> ReceiveAsync()
    {
        space.LetGo();
        if (window.Available == 0 && !await LingerAsync().ConfigureAwait(false))
        {
            window.LetGo();
            await transport.WaitAsync().ConfigureAwait(false);
        }

        var needed = window.Available >= RequestHeader.SizeBytes && RequestHeader.TryRead(window.Pending, out var next)
            ? RequestHeader.SizeBytes + (int)next.PayloadBytes
            : RequestHeader.SizeBytes;
        var most = expectsLarge && window.Available < RequestHeader.SizeBytes
            ? RequestHeader.SizeBytes - window.Available
            : PageBlock.SizeBytes;
        if (!await window.ReceiveAsync(needed, most).ConfigureAwait(false))
        {
            return false;
        }

        counters.Received();
        return true;
    }

    /// <summary>While a client has several requests in flight its next are near: to look again when others had their
    /// turn costs less than to be woken, and finds more of them. True: something is there.</summary>
    private async ValueTask<bool> LingerAsync()
    {
        for (var look = 0; look < Looks && flight.Count > 1; look++)
        {
            if (transport.HasArrived)
            {
                return true;
            }

            await Task.Yield();
        }

        return false;
    }

    /// <summary>Takes all that has come whole. Null: more has to come; otherwise why this is the end.</summary>
    private async ValueTask<string?> TakeAllAsync()
    {
        while (window.Available >= RequestHeader.SizeBytes)
        {
            if (!RequestHeader.TryRead(window.Pending, out var header))
            {
                return "It sent something that is no request.";
            }

            if (header.Command == NbdCommand.Disconnect)
            {
                return Goodbye;
            }

            if (header.PayloadBytes is > 0 and <= SmallBytes
                && window.Available < RequestHeader.SizeBytes + (int)header.PayloadBytes)
            {
                return null;
            }

            window.Skip(RequestHeader.SizeBytes);
            if (await TakeAsync(header).ConfigureAwait(false) is { } reason)
            {
                return reason;
            }
        }

        return null;
    }

    /// <summary>The client ended in good order.</summary>
    internal const string Goodbye = "It said goodbye.";

    private async ValueTask<string?> TakeAsync(RequestHeader header)
    {
        var (error, message) = RequestCheck.Check(header, export, isStructured, hasBlockStatus);
        Transaction? transaction;
        while ((transaction = flight.TryBegin()) is null)
        {
            await flight.RoomAsync().ConfigureAwait(false);
        }

        counters.Began(header);
        transaction.Begin(header);
        expectsLarge = header.PayloadBytes > SmallBytes;
        if (error != NbdError.None)
        {
            try
            {
                return await DrainAsync(header.PayloadBytes).ConfigureAwait(false);
            }
            finally
            {
                // Also where the connection breaks meanwhile: it does not end before its transactions.
                transaction.Fail(error, message);
            }
        }

        if (header.LengthBytes == 0 && header.Command != NbdCommand.Flush)
        {
            transaction.Answer();
            return null;
        }

        var goesOn = true;
        switch (header.Command)
        {
            case NbdCommand.Read:
                goesOn = await ReadAsync(transaction, (long)header.Offset, header.LengthBytes).ConfigureAwait(false);
                break;
            case NbdCommand.Write when header.LengthBytes <= SmallBytes:
                WriteSmall(transaction);
                break;
            case NbdCommand.Write:
                goesOn = await WriteLargeAsync(transaction).ConfigureAwait(false);
                break;
            case NbdCommand.Cache:
                goesOn = await CacheAsync(transaction).ConfigureAwait(false);
                break;
            default:
                RequestsWithoutData.Begin(transaction, export);
                break;
        }

        return goesOn ? null : "It hung up in the middle of a request.";
    }

    private async ValueTask<bool> ReadAsync(Transaction transaction, long offset, long left)
    {
        while (left > 0)
        {
            // The blocks of the device that the bytes lie in: those before and behind them are read, but not sent.
            var before = offset % export.DeviceBlockBytes;
            var whole = (before + left + export.DeviceBlockBytes - 1) & -(long)export.DeviceBlockBytes;
            var piece = transaction.NextPiece();
            var filled = whole <= PageBlock.SizeBytes
                ? await FillSmallAsync(piece, (int)whole).ConfigureAwait(false)
                : await FillLargeAsync(piece, (int)Math.Min(whole, Piece.MostBytes)).ConfigureAwait(false);
            if (filled == 0)
            {
                transaction.Abandon();
                return false;
            }

            var bytes = Math.Min(left, filled - before);
            transaction.Add(piece, isLast: bytes == left).Read(offset, bytes);
            offset += bytes;
            left -= bytes;
        }

        return true;
    }

    /// <summary>Reads and drops, so that what lies between us and the data has it at hand; no more than of one read:
    /// the rest is the server's to leave out.</summary>
    private ValueTask<bool> CacheAsync(Transaction transaction)
    {
        var header = transaction.Header;
        return ReadAsync(
            transaction, (long)header.Offset, Math.Min(header.LengthBytes, export.Blocks.MaximumPayload));
    }

    private async ValueTask<int> FillSmallAsync(Piece piece, int bytes)
    {
        while (!space.TryGive(piece, bytes))
        {
            if (!await space.RenewAsync().ConfigureAwait(false))
            {
                return 0;
            }
        }

        return bytes;
    }

    /// <summary>Gives the piece blocks of its own, as many as can be had without waiting for more than the
    /// first.</summary>
    /// <returns>For how many bytes; 0: the share was closed.</returns>
    private async ValueTask<int> FillLargeAsync(Piece piece, int bytes)
    {
        space.LetGo();
        var next = await share.TakeAsync().ConfigureAwait(false);
        var filled = 0;
        while (next is not null)
        {
            var part = Math.Min(bytes - filled, PageBlock.SizeBytes);
            piece.Add(next, next.Memory[..part]);
            filled += part;
            next = filled < bytes ? share.TryTake() : null;
        }

        return filled;
    }

    private void WriteSmall(Transaction transaction)
    {
        var header = transaction.Header;
        var piece = transaction.NextPiece();
        window.Give(piece, (int)header.LengthBytes);
        transaction.Add(piece, isLast: true).Write((long)header.Offset, header.LengthBytes, IsDurable(header));
    }

    private async ValueTask<bool> WriteLargeAsync(Transaction transaction)
    {
        var header = transaction.Header;
        var (offset, left) = ((long)header.Offset, (long)header.LengthBytes);
        while (left > 0)
        {
            var piece = transaction.NextPiece();
            var most = Piece.MostBytes - (int)(offset % export.DeviceBlockBytes);
            var filled = await FillLargeAsync(piece, (int)Math.Min(left, most)).ConfigureAwait(false);
            var isWhole = false;
            try
            {
                isWhole = filled > 0 && await ReceiveIntoAsync(piece).ConfigureAwait(false);
            }
            finally
            {
                // Also where the connection breaks meanwhile: it does not end before its transactions.
                if (!isWhole)
                {
                    piece.Release();
                    transaction.Abandon();
                }
            }

            if (!isWhole)
            {
                return false;
            }

            transaction.Add(piece, isLast: filled == left).Write(offset, filled, IsDurable(header));
            offset += filled;
            left -= filled;
        }

        return true;
    }

    private async ValueTask<bool> ReceiveIntoAsync(Piece piece)
    {
        var count = 0;
        for (var index = 0; index < piece.Memory.SegmentCount; index++)
        {
            var part = piece.Memory.GetSegment(index);
            part = part[window.CopyTo(part)..];
            if (part.Length > 0)
            {
                rest[count++] = part;
            }
        }

        var isWhole = count == 0
            || await transport.FillAsync(new ArraySegment<Memory<byte>>(rest, 0, count)).ConfigureAwait(false);
        Array.Clear(rest);
        counters.Received();
        return isWhole;
    }

    private static bool IsDurable(in RequestHeader header) => header.Flags.HasFlag(CommandFlags.ForceUnitAccess);

    /// <summary>Throws the data of a refused write away. Null: they are gone; otherwise why this is the end.</summary>
    private async ValueTask<string?> DrainAsync(uint bytes)
    {
        if (bytes > MostDrained)
        {
            return $"It wanted to write {bytes} bytes at once; {NbdMagic.UsualMaxPayload} may be.";
        }

        while (bytes > 0)
        {
            var here = (int)Math.Min(bytes, window.Available);
            window.Skip(here);
            bytes -= (uint)here;
            if (bytes > 0 && !await window.ReceiveAsync(1, (int)bytes).ConfigureAwait(false))
            {
                return "It hung up in the middle of a request.";
            }
        }

        return null;
    }
}
