using DmIo.Io;

namespace DmIo.Devices.Faults;

/// <summary>One call that a <see cref="RecordingDevice"/> has seen.</summary>
/// <param name="Operation">Which.</param>
/// <param name="Start">The first sector; 0 for a flush.</param>
/// <param name="LengthBytes">How many bytes; 0 for a flush.</param>
/// <param name="SegmentCount">In how many segments; 0 where there is no memory.</param>
/// <param name="ForceUnitAccess">A write that is to be durable by itself.</param>
/// <param name="Zeroing">How zeroes are to be written.</param>
public sealed record RecordedCall(
    IoOperation Operation,
    Sector Start,
    long LengthBytes,
    int SegmentCount = 0,
    bool ForceUnitAccess = false,
    WriteZeroesFlags Zeroing = WriteZeroesFlags.None);
