using DmIo.Devices;
using DmIo.Io;

namespace DmIo.Cli.Service;

/// <summary>A region of the command line with an attached device.</summary>
/// <param name="Device">The device as written on the command line.</param>
/// <param name="AttachedAs">The name of the device in the service.</param>
/// <param name="Start">The first sector.</param>
/// <param name="Count">The number of sectors; null: not given.</param>
/// <param name="Description">The description of the device.</param>
internal sealed record TargetRegion(
    string Device, string AttachedAs, Sector Start, SectorCount? Count, DeviceDescription Description)
{
    /// <summary>Sectors from the start to the end of the device; negative if the start is beyond the end.</summary>
    internal long Room => Description.Capacity.Sectors.Value - Start.Value;

    /// <summary>The whole region is within the device.</summary>
    internal bool Fits => Room >= (Count?.Value ?? 0);

    /// <summary>A part of the region that starts <paramref name="position"/> sectors after its start.</summary>
    internal IoRegion Range(long position, long sectors) => new(AttachedAs, Start.Value + position, sectors);

    public override string ToString() => Count is { } count ? $"{Device}@{Start}+{count}" : $"{Device}@{Start}";
}
