using DmIo.Devices;
using DmIo.Io;

namespace DmIo.Cli;

/// <summary>A region of the command line whose device is attached.</summary>
/// <param name="Device">The device as it was written.</param>
/// <param name="AttachedAs">The name that the service knows it by.</param>
/// <param name="Start">The first sector.</param>
/// <param name="Count">How many sectors; null where none was written and none follows.</param>
/// <param name="Description">What the device is.</param>
internal sealed record TargetRegion(
    string Device, string AttachedAs, Sector Start, SectorCount? Count, DeviceDescription Description)
{
    /// <summary>Sectors from the start to the device's end; negative where the start lies beyond it.</summary>
    internal long Room => Description.Capacity.Sectors.Value - Start.Value;

    /// <summary>The whole of it lies on the device.</summary>
    internal bool Fits => Room >= (Count?.Value ?? 0);

    /// <summary>A part of the region, from <paramref name="position"/> sectors after its start on.</summary>
    internal IoRegion Piece(long position, long sectors) => new(AttachedAs, Start.Value + position, sectors);

    public override string ToString() => Count is { } count ? $"{Device}@{Start}+{count}" : $"{Device}@{Start}";
}
