using DmIo.Io;

namespace DmIo.Simulation;

/// <summary>What may make a region fail, and with which status. A failure without an excuse is a broken promise as a
/// success without its data is.</summary>
internal static class Excuses
{
    internal static void Check(
        Oracle oracle, SimulatedRequest request, int index, IoStatus status, DeviceRecord device, TimeSpan now)
    {
        var message = request.Message;
        var region = message.Regions[index];
        var began = request.Moment;
        var isExcused = status.Code switch
        {
            IoStatusCode.OutOfRange => message.Operation != IoOperation.Flush
                && region.Start.Value + region.Count.Value > device.SectorCount,
            IoStatusCode.DeviceError => device.HasFault(began, message.Operation, region, message.ForceUnitAccess),
            IoStatusCode.DeviceGone => device.LastGone >= began,
            IoStatusCode.DeviceFailed => device.LastFailed >= began,
            IoStatusCode.TimedOut => message.Deadline is { } deadline && now - request.Began >= deadline,
            IoStatusCode.Stopped => request.Lease.WasCut || oracle.IsEnding,
            IoStatusCode.Misaligned => (region.Start.Value | region.Count.Value) % device.Plan.BlockSectors != 0,
            IoStatusCode.ReadOnly => device.Plan.IsReadOnly && message.Operation is not
                (IoOperation.Read or IoOperation.Flush),
            IoStatusCode.Unsupported => (message.Operation == IoOperation.Discard && !device.Plan.HasDiscard)
                || (message.Operation == IoOperation.WriteZeroes && !device.Plan.HasWriteZeroes)
                || (message.Zeroing.HasFlag(WriteZeroesFlags.NoFallback) && !device.Plan.HasFastWriteZeroes),
            _ => false,
        };
        oracle.Require(isExcused, $"region {index} of {request} failed without a reason: {status}");
    }
}
