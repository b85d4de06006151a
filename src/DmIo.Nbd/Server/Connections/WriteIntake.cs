using DmIo.Nbd.Protocol;
using DmIo.Nbd.Transport;

namespace DmIo.Nbd.Server;

/// <summary>
/// Takes in the data of writes. Small ones lie in the window whole, and go to the device from there; large ones go from
/// the connection into the pages that the device writes them from, piece by piece. One user, the receive loop.
/// </summary>
internal sealed class WriteIntake(
    NbdTransport transport,
    ReceiveWindow window,
    DataSpace space,
    ConnectionCounters counters,
    long deviceBlockBytes)
{
    /// <summary>Data of a write up to here are received along with its header.</summary>
    internal const int SmallBytes = 32 * 1024;

    /// <summary>A longer write that is refused ends the connection: nobody waits for so much to throw it
    /// away.</summary>
    private const uint MostDrained = 2 * NbdMagic.UsualMaxPayload;

    private readonly Memory<byte>[] rest = new Memory<byte>[Piece.MostBlocks];

    /// <summary>One whose data have come.</summary>
    internal void WriteSmall(Transaction transaction)
    {
        var header = transaction.Header;
        var piece = transaction.NextPiece();
        window.Give(piece, (int)header.LengthBytes);
        transaction.Add(piece, isLast: true).Write((long)header.Offset, header.LengthBytes, IsDurable(header));
    }

    /// <summary>One whose data are coming.</summary>
    /// <returns>False: the connection is ending, and nobody waits for the answer.</returns>
    internal async ValueTask<bool> WriteLargeAsync(Transaction transaction)
    {
        var header = transaction.Header;
        var (offset, left) = ((long)header.Offset, (long)header.LengthBytes);
        while (left > 0)
        {
            var piece = transaction.NextPiece();
            var most = Piece.MostBytes - (int)(offset % deviceBlockBytes);
            var filled = await space.GiveBlocksAsync(piece, (int)Math.Min(left, most)).ConfigureAwait(false);
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

    /// <summary>Throws the data of a refused write away. Null: they are gone; otherwise why this is the end.</summary>
    internal async ValueTask<string?> DrainAsync(uint bytes)
    {
        if (bytes > MostDrained)
        {
            return $"It wanted to write {bytes} bytes at once; {NbdMagic.UsualMaxPayload} may be.";
        }

        // The window may need a second block, and waits for no third while one is held here.
        space.LetGo();
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

        var isWhole = count == 0 || await counters.ReceivedAsync(
            transport.FillAsync(new ArraySegment<Memory<byte>>(rest, 0, count))).ConfigureAwait(false);
        Array.Clear(rest);
        return isWhole;
    }

    private static bool IsDurable(in RequestHeader header) => header.Flags.HasFlag(CommandFlags.ForceUnitAccess);
}
