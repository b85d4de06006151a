using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;

namespace DmIo.TestKit.Tests.Oracle;

/// <summary>README's example of a decorator of one's own, with a bug: it does not pass every flush on, since there was
/// one just now.</summary>
internal sealed class ForgetfulDevice(IBlockDevice inner) : DeviceDecorator(inner)
{
    private int flushes;

    public override ValueTask<IoStatus> FlushAsync() =>
        flushes++ % 2 == 0 ? base.FlushAsync() : new(IoStatus.Ok);
}
