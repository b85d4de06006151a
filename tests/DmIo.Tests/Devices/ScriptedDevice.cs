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
    public override ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation) =>
        operation.Data is { } data && script(operation.Start, data) is { } result
            ? new(result)
            : base.SubmitAsync(operation);
}
