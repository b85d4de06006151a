using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;

namespace DmIo.TestKit.Tests.Oracle;

/// <summary>The decorator of src/DmIo.TestKit/README.md, with a bug: it skips every other flush.</summary>
internal sealed class FlushSkippingDevice(IBlockDevice inner) : DeviceDecorator(inner)
{
    private int flushes;

    public override ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation) =>
        operation.Kind == IoOperation.Flush && flushes++ % 2 != 0 ? default : base.SubmitAsync(operation);
}
