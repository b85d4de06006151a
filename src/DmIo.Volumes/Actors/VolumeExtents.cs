using DmIo.Actors.Client;
using DmIo.Actors.Protocol;
using DmIo.Devices;
using DmIo.Io;

namespace DmIo.Volumes.Actors;

/// <summary>The extents of a volume, as one of its legs reports them. Thread-safe.</summary>
internal sealed class VolumeExtents(DmIoService service)
{
    private volatile LegStore? source;

    /// <summary>A leg that holds every acknowledged write; null: there is none, or legs may differ.</summary>
    internal LegStore? Source
    {
        get => source;
        set => source = value;
    }

    /// <inheritdoc cref="IBlockDevice.GetExtents"/>
    internal IReadOnlyList<DeviceExtent> Get(Sector start, SectorCount count, int max)
    {
        IReadOnlyList<DeviceExtent> unknown = [new DeviceExtent(count, ExtentKind.Data)];
        if (source is not { } leg)
        {
            return unknown;
        }

        try
        {
            var extents = service.GetExtentsAsync(leg.Device, start.Value + leg.DataStart, count, max)
                .GetAwaiter().GetResult();

            // A leg that was lost meanwhile may lack writes that were acknowledged before the question.
            return source == leg ? extents : unknown;
        }
        catch (IoRefusedException)
        {
            return unknown;
        }
    }
}
