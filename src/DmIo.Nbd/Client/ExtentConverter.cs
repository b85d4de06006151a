using DmIo.Devices;
using DmIo.Io;
using DmIo.Nbd.Protocol;

namespace DmIo.Nbd.Client;

/// <summary>Converts a server's extents, which are in bytes and may exceed the requested range, to extents of sectors.
/// A sector of mixed kinds is Data, and so is a hole that is not reported to read as zeroes.</summary>
internal sealed class ExtentConverter(long lengthBytes, int max)
{
    private readonly List<DeviceExtent> extents = [];
    private long position;
    private bool isFull;

    /// <summary>Empty if the server reported less than a sector.</summary>
    internal IReadOnlyList<DeviceExtent> Extents => extents;

    internal void Clear()
    {
        extents.Clear();
        position = 0;
        isFull = false;
    }

    /// <summary>Adds the server's next extent.</summary>
    internal void Add(long bytes, AllocationState state)
    {
        var end = Math.Min(lengthBytes, position + bytes);
        var first = (position + Sector.SizeBytes - 1) / Sector.SizeBytes;
        var last = end / Sector.SizeBytes;
        if (position % Sector.SizeBytes != 0 && last >= first)
        {
            Put(1, ExtentKind.Data);
        }

        Put(last - first, KindOf(state));
        position = end;
    }

    private static ExtentKind KindOf(AllocationState state) =>
        !state.HasFlag(AllocationState.Zero) ? ExtentKind.Data
        : state.HasFlag(AllocationState.Hole) ? ExtentKind.Hole
        : ExtentKind.Zero;

    private void Put(long sectors, ExtentKind kind)
    {
        if (sectors <= 0 || isFull)
        {
            return;
        }

        if (extents.Count > 0 && extents[^1].Kind == kind)
        {
            extents[^1] = new DeviceExtent(extents[^1].Count.Value + sectors, kind);
        }
        else if (extents.Count < max)
        {
            extents.Add(new DeviceExtent(sectors, kind));
        }
        else
        {
            isFull = true;
        }
    }
}
