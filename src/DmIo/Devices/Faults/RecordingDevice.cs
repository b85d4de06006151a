using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Devices.Faults;

/// <summary>
/// Watches the calls to a device: which there were, how many at the same time, and whether the caller kept the promises
/// of <see cref="IBlockDevice"/> (within the capacity and the limits, whole blocks, no overlap in flight). For tests of
/// what calls devices. Keeps every call: not for long runs.
/// </summary>
public sealed class RecordingDevice : DeviceDecorator
{
    private readonly Lock gate = new();
    private readonly List<RecordedCall> calls = [];
    private readonly List<RecordedCall> inFlight = [];
    private readonly List<string> violations = [];
    private int maxInFlight;

    /// <summary>Watches a device, which becomes this one's.</summary>
    public RecordingDevice(IBlockDevice inner)
        : base(inner)
    {
    }

    /// <summary>The calls so far, in order.</summary>
    public IReadOnlyList<RecordedCall> Calls => Read(() => calls.ToArray());

    /// <summary>What the caller did that it may not; empty is well.</summary>
    public IReadOnlyList<string> Violations => Read(() => violations.ToArray());

    /// <summary>Calls that have not completed.</summary>
    public int InFlight => Read(() => inFlight.Count);

    /// <summary>The most calls at the same time so far.</summary>
    public int MaxInFlight => Read(() => maxInFlight);

    /// <inheritdoc/>
    public override ValueTask<TransferResult> ReadAsync(Sector start, SegmentBatch destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        var call = new RecordedCall(IoOperation.Read, start, destination.LengthBytes, destination.Count);
        return WatchAsync(call, () => base.ReadAsync(start, destination));
    }

    /// <inheritdoc/>
    public override ValueTask<TransferResult> WriteAsync(Sector start, SegmentBatch source, bool forceUnitAccess)
    {
        ArgumentNullException.ThrowIfNull(source);
        var call = new RecordedCall(IoOperation.Write, start, source.LengthBytes, source.Count, forceUnitAccess);
        return WatchAsync(call, () => base.WriteAsync(start, source, forceUnitAccess));
    }

    /// <inheritdoc/>
    public override ValueTask<IoStatus> FlushAsync() =>
        WatchAsync(new RecordedCall(IoOperation.Flush, 0, 0), base.FlushAsync);

    /// <inheritdoc/>
    public override ValueTask<IoStatus> DiscardAsync(Sector start, SectorCount count) =>
        WatchAsync(new RecordedCall(IoOperation.Discard, start, count.Bytes), () => base.DiscardAsync(start, count));

    /// <inheritdoc/>
    public override ValueTask<IoStatus> WriteZeroesAsync(Sector start, SectorCount count, WriteZeroesFlags flags) =>
        WatchAsync(
            new RecordedCall(IoOperation.WriteZeroes, start, count.Bytes, Zeroing: flags),
            () => base.WriteZeroesAsync(start, count, flags));

    private async ValueTask<T> WatchAsync<T>(RecordedCall call, Func<ValueTask<T>> issue)
    {
        lock (gate)
        {
            calls.Add(call);
            violations.AddRange(CallRules.Broken(call, Description, inFlight));
            inFlight.Add(call);
            maxInFlight = Math.Max(maxInFlight, inFlight.Count);
        }

        try
        {
            return await issue();
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
}
