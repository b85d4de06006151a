using DmIo.Io;

namespace DmIo.Simulation;

/// <summary>Checks that a failed region has a status and a reason that the rules allow. A failure without a reason
/// violates a guarantee, as a success without its data does.</summary>
internal static class FailureCheck
{
    internal static void Check(
        Oracle oracle, SimulatedRequest request, int index, IoStatus status, DeviceRecord device, TimeSpan now)
    {
        var message = request.Message;
        var region = message.Regions[index];
        var began = request.Moment;
        var isAllowed = status.Code switch
        {
            IoStatusCode.OutOfRange => message.Operation != IoOperation.Flush
                && region.Start.Value + region.Count.Value > device.SectorCount,
            IoStatusCode.DeviceError => device.HasFault(began, message.Operation, region, message.ForceUnitAccess),
            IoStatusCode.DeviceGone => device.LastGone >= began,
            IoStatusCode.DeviceFailed => device.LastFailed >= began,
            IoStatusCode.TimedOut => message.Deadline is { } deadline && now - request.Began >= deadline,
            IoStatusCode.Stopped => request.Lease.WasKilled || oracle.IsEnding,
            IoStatusCode.Misaligned => (region.Start.Value | region.Count.Value) % device.Plan.BlockSectors != 0,
            IoStatusCode.ReadOnly => device.Plan.IsReadOnly && message.Operation is not
                (IoOperation.Read or IoOperation.Flush),
            IoStatusCode.Unsupported => (message.Operation == IoOperation.Discard && !device.Plan.HasDiscard)
                || (message.Operation == IoOperation.WriteZeroes && !device.Plan.HasWriteZeroes)
                || (message.Zeroing.HasFlag(WriteZeroesFlags.NoFallback) && !device.Plan.HasFastWriteZeroes),
            _ => false,
        };
        oracle.Require(isAllowed, $"region {index} of {request} failed without a reason: {status}");
    }
}
