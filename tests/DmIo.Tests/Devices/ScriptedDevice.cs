using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Tests.Devices;

/// <summary>
/// A device whose results of reads and writes a script can replace.
/// </summary>
internal sealed class ScriptedDevice(IBlockDevice inner, Func<Sector, SegmentBatch, TransferResult?> script)
    : DeviceDecorator(inner)
{
    public override ValueTask<TransferResult> ReadAsync(Sector start, SegmentBatch destination) =>
        script(start, destination) is { } result ? new(result) : base.ReadAsync(start, destination);

    public override ValueTask<TransferResult> WriteAsync(Sector start, SegmentBatch source, bool forceUnitAccess) =>
        script(start, source) is { } result ? new(result) : base.WriteAsync(start, source, forceUnitAccess);
}
