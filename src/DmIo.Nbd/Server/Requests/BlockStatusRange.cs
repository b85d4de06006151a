using DmIo.Devices;
using DmIo.Io;
using DmIo.Nbd.Protocol;

namespace DmIo.Nbd.Server.Requests;

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
