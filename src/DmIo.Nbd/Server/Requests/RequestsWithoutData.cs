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
    internal static void Begin(NbdRequest request, OfferedExport export)
    {
        switch (request.Header.Command)
        {
            case NbdCommand.Flush:
                request.Add(request.NextPart(), isLast: true).Flush();
                break;
            case NbdCommand.Trim:
                Trim(request, export.DeviceBlockBytes);
                break;
            case NbdCommand.WriteZeroes:
                WriteZeroes(request, export);
                break;
            case NbdCommand.BlockStatus:
                _ = AnswerStatusAsync(request);
                break;
            default:
                request.Fail(NbdError.NotSupported, $"{request.Header.Command} is not served.");
                break;
        }
    }

    /// <summary>What the first leg knows; where it does not tell, all is data, which is always true.</summary>
    private static async Task AnswerStatusAsync(NbdRequest request)
    {
        var header = request.Header;
        var range = new BlockStatusRange(
            (long)header.Offset, header.LengthBytes, header.Flags.HasFlag(CommandFlags.RequestOne));
        IReadOnlyList<BlockStatusExtent> extents;
        try
        {
            extents = range.Trim(await request.Service.GetExtentsAsync(
                request.Legs.Live[0], range.Start, range.Count, range.MostExtents).ConfigureAwait(false));
        }
        catch (Exception)
        {
            // Whatever it is: a request that is not answered would keep its connection for ever.
            extents = range.Trim([new DeviceExtent(range.Count, ExtentKind.Data)]);
        }

        request.Answer(extents);
    }

    /// <summary>A hint: what of it the device can give up is given up.</summary>
    private static void Trim(NbdRequest request, long blockBytes)
    {
        var (start, end) = WholeBlocks(request.Header, blockBytes);
        if (start >= end)
        {
            request.Answer();
            return;
        }

        request.Add(request.NextPart(), isLast: true).Discard(start, end - start);
    }

    /// <summary>Whole blocks as one; what is left at the ends is written, which touches no byte beside it.</summary>
    private static void WriteZeroes(NbdRequest request, OfferedExport export)
    {
        var header = request.Header;
        var (first, behind) = ((long)header.Offset, (long)header.Offset + header.LengthBytes);
        var (start, end) = WholeBlocks(header, export.DeviceBlockBytes);
        var isFast = header.Flags.HasFlag(CommandFlags.FastZero);
        if (isFast && (export.IsMirrored || start != first || end != behind))
        {
            request.Fail(NbdError.NotSupported, export.IsMirrored
                ? "Several copies can't promise to be fast."
                : "Only whole blocks of the device are zeroed fast.");
            return;
        }

        if (start >= end)
        {
            WriteZeroes(request, first, behind, isLast: true);
            return;
        }

        if (first < start)
        {
            WriteZeroes(request, first, start, isLast: false);
        }

        if (end < behind)
        {
            WriteZeroes(request, end, behind, isLast: false);
        }

        var flags = (header.Flags.HasFlag(CommandFlags.NoHole) ? WriteZeroesFlags.NoUnmap : WriteZeroesFlags.None)
            | (isFast ? WriteZeroesFlags.NoFallback : WriteZeroesFlags.None);
        request.Add(request.NextPart(), isLast: true).WriteZeroes(start, end - start, flags);
    }

    private static void WriteZeroes(NbdRequest request, long start, long end, bool isLast)
    {
        var part = request.NextPart();
        part.AddZeroes((int)(end - start));
        request.Add(part, isLast).Write(start, end - start, durable: false);
    }

    private static (long Start, long End) WholeBlocks(in RequestHeader header, long blockBytes)
    {
        var behind = (long)header.Offset + header.LengthBytes;
        return (((long)header.Offset + blockBytes - 1) & -blockBytes, behind & -blockBytes);
    }
}

/// <summary>The range of a block status: in sectors, to ask a device for it, and in bytes, as the client is
/// told.</summary>
internal readonly record struct BlockStatusRange(long Offset, long LengthBytes, bool IsOne)
{
    /// <summary>Clients ask on where an answer ends.</summary>
    private const int Most = 1024;

    internal Sector Start => Offset / Sector.SizeBytes;

    internal SectorCount Count =>
        ((Offset + LengthBytes + Sector.SizeBytes - 1) / Sector.SizeBytes) - Start.Value;

    internal int MostExtents => IsOne ? 1 : Most;

    /// <summary>Of what the device said, from the first byte on; at least one, and not beyond the range.</summary>
    internal IReadOnlyList<BlockStatusExtent> Trim(IReadOnlyList<DeviceExtent> known)
    {
        var extents = new List<BlockStatusExtent>(known.Count);
        var (skip, left) = (Offset % Sector.SizeBytes, LengthBytes);
        foreach (var extent in known)
        {
            var bytes = Math.Min(extent.Count.Bytes - skip, left);
            if (bytes <= 0)
            {
                break;
            }

            extents.Add(new BlockStatusExtent((uint)bytes, StateOf(extent.Kind)));
            left -= bytes;
            skip = 0;
        }

        return extents;
    }

    private static AllocationState StateOf(ExtentKind kind) => kind switch
    {
        ExtentKind.Hole => AllocationState.Hole | AllocationState.Zero,
        ExtentKind.Zero => AllocationState.Zero,
        _ => AllocationState.Data,
    };
}

/// <summary>A stretch of an export that is all alike.</summary>
internal readonly record struct BlockStatusExtent(uint LengthBytes, AllocationState State);
