using DmIo.Devices;
using DmIo.Io;
using DmIo.Nbd.Protocol;
using DmIo.Nbd.Server.Exports;

namespace DmIo.Nbd.Server.Requests;

/// <summary>What carries no data either way: flush, trim, zeroes, block status. How long a range is does not matter to
/// the memory here.</summary>
internal static class RequestsWithoutData
{
    /// <summary>Begins one that was found good; it is not the caller's any more.</summary>
    internal static void Begin(Transaction transaction, OfferedExport export)
    {
        switch (transaction.Header.Command)
        {
            case NbdCommand.Flush:
                transaction.Add(transaction.NextPiece(), isLast: true).Flush();
                break;
            case NbdCommand.Trim:
                Trim(transaction, export.DeviceBlockBytes);
                break;
            case NbdCommand.WriteZeroes:
                WriteZeroes(transaction, export);
                break;
            case NbdCommand.BlockStatus:
                _ = AnswerStatusAsync(transaction);
                break;
            default:
                transaction.Fail(NbdError.NotSupported, $"{transaction.Header.Command} is not served.");
                break;
        }
    }

    /// <summary>What the first leg knows; where it does not tell, all is data, which is always true.</summary>
    private static async Task AnswerStatusAsync(Transaction transaction)
    {
        var header = transaction.Header;
        var range = new ExtentRange(
            (long)header.Offset, header.LengthBytes, header.Flags.HasFlag(CommandFlags.RequestOne));
        IReadOnlyList<Extent> extents;
        try
        {
            extents = range.Trim(await transaction.Service.GetExtentsAsync(
                transaction.Legs.Live[0], range.Start, range.Count, range.MostExtents).ConfigureAwait(false));
        }
        catch (Exception)
        {
            // Whatever it is: a request that is not answered would keep its connection for ever.
            extents = range.Trim([new DeviceExtent(range.Count, ExtentKind.Data)]);
        }

        transaction.Answer(extents);
    }

    /// <summary>A hint: what of it the device can give up is given up.</summary>
    private static void Trim(Transaction transaction, long blockBytes)
    {
        var (start, end) = WholeBlocks(transaction.Header, blockBytes);
        if (start >= end)
        {
            transaction.Answer();
            return;
        }

        transaction.Add(transaction.NextPiece(), isLast: true).Discard(start, end - start);
    }

    /// <summary>Whole blocks as one; what is left at the ends is written, which touches no byte beside it.</summary>
    private static void WriteZeroes(Transaction transaction, OfferedExport export)
    {
        var header = transaction.Header;
        var (first, behind) = ((long)header.Offset, (long)header.Offset + header.LengthBytes);
        var (start, end) = WholeBlocks(header, export.DeviceBlockBytes);
        var isFast = header.Flags.HasFlag(CommandFlags.FastZero);
        if (isFast && (export.IsMirrored || start != first || end != behind))
        {
            transaction.Fail(NbdError.NotSupported, export.IsMirrored
                ? "Several copies can't promise to be fast."
                : "Only whole blocks of the device are zeroed fast.");
            return;
        }

        if (start >= end)
        {
            WriteZeroes(transaction, first, behind, isLast: true);
            return;
        }

        if (first < start)
        {
            WriteZeroes(transaction, first, start, isLast: false);
        }

        if (end < behind)
        {
            WriteZeroes(transaction, end, behind, isLast: false);
        }

        var flags = (header.Flags.HasFlag(CommandFlags.NoHole) ? WriteZeroesFlags.NoUnmap : WriteZeroesFlags.None)
            | (isFast ? WriteZeroesFlags.NoFallback : WriteZeroesFlags.None);
        transaction.Add(transaction.NextPiece(), isLast: true).WriteZeroes(start, end - start, flags);
    }

    private static void WriteZeroes(Transaction transaction, long start, long end, bool isLast)
    {
        var piece = transaction.NextPiece();
        piece.AddZeroes((int)(end - start));
        transaction.Add(piece, isLast).Write(start, end - start, durable: false);
    }

    private static (long Start, long End) WholeBlocks(in RequestHeader header, long blockBytes)
    {
        var behind = (long)header.Offset + header.LengthBytes;
        return (((long)header.Offset + blockBytes - 1) & -blockBytes, behind & -blockBytes);
    }
}
