using DmIo.Devices;
using DmIo.Io;
using DmIo.Nbd.Protocol;
using DmIo.Nbd.Server.Exports;

namespace DmIo.Nbd.Server.Requests;

/// <summary>Starts requests without data: flush, trim, write zeroes, block status. They need no memory, whatever their
/// length.</summary>
internal static class RequestsWithoutData
{
    /// <summary>Starts a valid request. The caller must not access it after that.</summary>
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
                request.Fail(NbdError.NotSupported, $"{request.Header.Command} is not supported.");
                break;
        }
    }

    /// <summary>The extents of the device; all Data if it does not report any, which is always correct.</summary>
    private static async Task AnswerStatusAsync(NbdRequest request)
    {
        var header = request.Header;
        var range = new BlockStatusRange(
            (long)header.Offset, header.LengthBytes, header.Flags.HasFlag(CommandFlags.RequestOne));
        IReadOnlyList<BlockStatusExtent> extents;
        try
        {
            extents = range.Trim(await request.Service.GetExtentsAsync(
                request.Device, range.Start, range.Count, range.MaxExtents).ConfigureAwait(false));
        }
        catch (Exception)
        {
            // Catches everything: a request without an answer would keep its connection open forever.
            extents = range.Trim([new DeviceExtent(range.Count, ExtentKind.Data)]);
        }

        request.Answer(extents);
    }

    /// <summary>A hint: discards the whole device blocks of the range.</summary>
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

    /// <summary>Zeroes whole blocks in one operation, and writes zeroes to the rest at both ends, which keeps adjacent
    /// bytes.</summary>
    private static void WriteZeroes(NbdRequest request, OfferedExport export)
    {
        var header = request.Header;
        var (first, limit) = ((long)header.Offset, (long)header.Offset + header.LengthBytes);
        var (start, end) = WholeBlocks(header, export.DeviceBlockBytes);
        var isFast = header.Flags.HasFlag(CommandFlags.FastZero);
        if (isFast && (start != first || end != limit))
        {
            request.Fail(NbdError.NotSupported, "Fast zeroing requires whole blocks of the device.");
            return;
        }

        if (start >= end)
        {
            WriteZeroes(request, first, limit, isLast: true);
            return;
        }

        if (first < start)
        {
            WriteZeroes(request, first, start, isLast: false);
        }

        if (end < limit)
        {
            WriteZeroes(request, end, limit, isLast: false);
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
        var limit = (long)header.Offset + header.LengthBytes;
        return (((long)header.Offset + blockBytes - 1) & -blockBytes, limit & -blockBytes);
    }
}

/// <summary>The range of a block status request: in sectors for the device, in bytes for the reply.</summary>
internal readonly record struct BlockStatusRange(long Offset, long LengthBytes, bool IsOne)
{
    /// <summary>The maximum number of extents per reply. Clients request the rest separately.</summary>
    private const int MaxExtentsPerReply = 1024;

    internal Sector Start => Offset / Sector.SizeBytes;

    internal SectorCount Count =>
        ((Offset + LengthBytes + Sector.SizeBytes - 1) / Sector.SizeBytes) - Start.Value;

    internal int MaxExtents => IsOne ? 1 : MaxExtentsPerReply;

    /// <summary>Converts the device's extents to bytes, limited to the range; at least one.</summary>
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

/// <summary>A range of an export with a uniform state.</summary>
internal readonly record struct BlockStatusExtent(uint LengthBytes, AllocationState State);
