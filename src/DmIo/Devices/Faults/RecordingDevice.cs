using DmIo.Io;

namespace DmIo.Devices.Faults;

/// <summary>
/// Records the calls to a device, the number of calls in flight at the same time, and whether the caller keeps the
/// promises of <see cref="IBlockDevice"/> (ranges within the capacity and the limits, whole blocks, no overlap in
/// flight). For tests of code that calls devices. Every call stays in memory, so the device is not suited to long runs.
/// </summary>
public sealed class RecordingDevice : DeviceDecorator
{
    private readonly Lock gate = new();
    private readonly List<RecordedCall> calls = [];
    private readonly List<RecordedCall> inFlight = [];
    private readonly List<string> violations = [];
    private int maxInFlight;

    /// <summary>Wraps a device, which is disposed of with this one.</summary>
    public RecordingDevice(IBlockDevice inner)
        : base(inner)
    {
    }

    /// <summary>The calls so far, in order.</summary>
    public IReadOnlyList<RecordedCall> Calls => Read(() => calls.ToArray());

    /// <summary>The promises that the caller broke; empty if none.</summary>
    public IReadOnlyList<string> Violations => Read(() => violations.ToArray());

    /// <summary>The number of calls that have not completed.</summary>
    public int InFlight => Read(() => inFlight.Count);

    /// <summary>The largest number of calls in flight at the same time so far.</summary>
    public int MaxInFlight => Read(() => maxInFlight);

    /// <inheritdoc/>
    public override ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation) => RecordAsync(operation);

    private async ValueTask<TransferResult> RecordAsync(DeviceOperation operation)
    {
        var call = new RecordedCall(
            operation.Kind,
            operation.Start,
            operation.LengthBytes,
            operation.Data?.Count ?? 0,
            operation.ForceUnitAccess,
            operation.Zeroing);
        lock (gate)
        {
            calls.Add(call);
            violations.AddRange(CallRules.Broken(call, Description, inFlight));
            inFlight.Add(call);
            maxInFlight = Math.Max(maxInFlight, inFlight.Count);
        }

        try
        {
            return await Inner.SubmitAsync(operation);
        }
        finally
        {
            lock (gate)
            {
                inFlight.RemoveAt(inFlight.FindIndex(other => ReferenceEquals(other, call)));
            }
        }
    }

    private T Read<T>(Func<T> read)
    {
        lock (gate)
        {
            return read();
        }
    }

    /// <summary>
    /// Checks one call against the promises of the caller of <see cref="IBlockDevice"/>: returns a sentence for each
    /// broken promise.
    /// </summary>
    private static class CallRules
    {
        internal static IEnumerable<string> Broken(
            RecordedCall call, DeviceDescription device, IReadOnlyList<RecordedCall> inFlight)
        {
            if (!call.Operation.HasRange())
            {
                return [];
            }

            var block = device.BlockSize.Bytes;
            var startBytes = call.Start.Value * Sector.SizeBytes;
            (bool IsKept, string Promise)[] promises =
            [
                (call.LengthBytes > 0, "not empty"),
                (call.Start.Value >= 0 && call.LengthBytes <= device.Capacity.Bytes - startBytes,
                    "within the capacity"),
                (startBytes % block == 0 && call.LengthBytes % block == 0, "whole blocks"),
                (call.LengthBytes <= device.LimitOf(call.Operation).Bytes, "within the limit of its operation"),
                (call.SegmentCount <= device.MaxSegments, "no more segments than the device takes"),
                (!call.Operation.ChangesSectors() || !device.IsReadOnly, "nothing but reads on a read-only device"),
                (!call.ForceUnitAccess || device.HasForceUnitAccess, "FUA only where the device has it"),
                (!call.Zeroing.HasFlag(WriteZeroesFlags.NoFallback) || device.HasFastWriteZeroes,
                    "no fallback only where the device zeroes fast"),
                (!inFlight.Any(other => Conflicts(call, other)), "no overlap with a call in flight"),
            ];
            return promises.Where(promise => !promise.IsKept).Select(promise => $"{call}: {promise.Promise}");
        }

        /// <summary>Two reads may overlap, because neither changes the data that the other returns.</summary>
        private static bool Conflicts(RecordedCall call, RecordedCall other) =>
            (call.Operation.ChangesSectors() || other.Operation.ChangesSectors())
            && RegionOf(call).Overlaps(RegionOf(other));

        private static IoRegion RegionOf(RecordedCall call) =>
            new(string.Empty, call.Start, (call.LengthBytes + Sector.SizeBytes - 1) / Sector.SizeBytes);
    }
}

/// <summary>One call that a <see cref="RecordingDevice"/> has recorded.</summary>
/// <param name="Operation">The operation.</param>
/// <param name="Start">The first sector; 0 for a flush.</param>
/// <param name="LengthBytes">The length in bytes; 0 for a flush.</param>
/// <param name="SegmentCount">The number of segments; 0 for a call without memory.</param>
/// <param name="ForceUnitAccess">True for a durable write (FUA).</param>
/// <param name="Zeroing">The flags of a write-zeroes call.</param>
public sealed record RecordedCall(
    IoOperation Operation,
    Sector Start,
    long LengthBytes,
    int SegmentCount = 0,
    bool ForceUnitAccess = false,
    WriteZeroesFlags Zeroing = WriteZeroesFlags.None);
