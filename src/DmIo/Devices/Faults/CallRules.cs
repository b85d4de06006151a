using DmIo.Io;

namespace DmIo.Devices.Faults;

/// <summary>
/// What <see cref="IBlockDevice"/> is promised by its caller, as a check of one call: a sentence for each broken
/// promise.
/// </summary>
internal static class CallRules
{
    internal static IEnumerable<string> Broken(
        RecordedCall call, DeviceDescription device, IReadOnlyList<RecordedCall> inFlight)
    {
        if (call.Operation == IoOperation.Flush)
        {
            return [];
        }

        var block = device.BlockSize.Bytes;
        var startBytes = call.Start.Value * Sector.SizeBytes;
        (bool IsKept, string Promise)[] promises =
        [
            (call.LengthBytes > 0, "not empty"),
            (call.Start.Value >= 0 && call.LengthBytes <= device.Capacity.Bytes - startBytes, "within the capacity"),
            (startBytes % block == 0 && call.LengthBytes % block == 0, "whole blocks"),
            (call.LengthBytes <= LimitOf(call.Operation, device), "within the limit of its operation"),
            (call.SegmentCount <= device.MaxSegments, "no more segments than the device takes"),
            (call.Operation == IoOperation.Read || !device.IsReadOnly, "nothing but reads on a read-only device"),
            (!call.ForceUnitAccess || device.HasForceUnitAccess, "FUA only where the device has it"),
            (!call.Zeroing.HasFlag(WriteZeroesFlags.NoFallback) || device.HasFastWriteZeroes,
                "no fallback only where the device zeroes fast"),
            (!inFlight.Any(other => Conflicts(call, other)), "no overlap with a call in flight"),
        ];
        return promises.Where(promise => !promise.IsKept).Select(promise => $"{call}: {promise.Promise}");
    }

    private static long LimitOf(IoOperation operation, DeviceDescription device) => operation switch
    {
        IoOperation.Discard => device.MaxDiscard.Bytes,
        IoOperation.WriteZeroes => device.MaxWriteZeroes.Bytes,
        _ => device.MaxTransfer.Bytes,
    };

    /// <summary>Two reads may overlap: neither changes what the other finds.</summary>
    private static bool Conflicts(RecordedCall call, RecordedCall other) =>
        (call.Operation != IoOperation.Read || other.Operation != IoOperation.Read)
        && RegionOf(call).Overlaps(RegionOf(other));

    private static IoRegion RegionOf(RecordedCall call) =>
        new(string.Empty, call.Start, (call.LengthBytes + Sector.SizeBytes - 1) / Sector.SizeBytes);
}
