using DmIo.Actors.Protocol;
using DmIo.Io;
using DmIo.Nbd.Protocol;

namespace DmIo.Nbd.Server.Requests;

/// <summary>What the service did not begin, as a status like those of devices, so that <see cref="NbdErrors"/> is the
/// one table of what clients are told.</summary>
internal static class Refusals
{
    internal static IoStatus StatusOf(IoRefusal cause, string reason) => cause switch
    {
        IoRefusal.Stopped => IoStatus.Failed(IoStatusCode.Stopped, reason),
        IoRefusal.NoRoom => IoStatus.DeviceError(reason, (int)NbdError.NoMemory),
        _ => IoStatus.DeviceError(reason, (int)NbdError.Invalid),
    };
}
