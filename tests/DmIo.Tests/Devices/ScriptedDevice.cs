using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Tests.Devices;

/// <summary>
/// A device whose answers to reads and writes a test writes down, before or instead of the inner device's.
/// </summary>
internal sealed class ScriptedDevice(IBlockDevice inner, Func<Sector, SegmentBatch, TransferResult?> script)
    : DeviceDecorator(inner)
{
    public override ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation) =>
        operation.Data is { } data && script(operation.Start, data) is { } result
            ? new(result)
            : base.SubmitAsync(operation);
}
