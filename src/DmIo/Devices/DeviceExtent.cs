using DmIo.Io;

namespace DmIo.Devices;

/// <summary>Sectors of one kind, in a list of which each begins where the one before ends
/// (<see cref="IBlockDevice.GetExtents"/>).</summary>
/// <param name="Count">How many, at least 1.</param>
/// <param name="Kind">What they are.</param>
public readonly record struct DeviceExtent(SectorCount Count, ExtentKind Kind);
