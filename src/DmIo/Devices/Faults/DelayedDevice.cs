using DmIo.Io;

namespace DmIo.Devices.Faults;

/// <summary>
/// A slow device: each call waits for the delay of its operation, then reaches the inner device. Delays run
/// concurrently, as with a device of unlimited queue depth.
/// </summary>
public sealed class DelayedDevice : WaitingDevice
{
    private readonly DeviceDelays delays;
    private readonly TimeProvider time;

    /// <summary>Wraps a device.</summary>
    /// <param name="inner">The inner device; disposed of with this one.</param>
    /// <param name="delays">The delay of each operation.</param>
    /// <param name="time">The source of time; null: the system clock.</param>
    public DelayedDevice(IBlockDevice inner, DeviceDelays delays, TimeProvider? time = null)
        : base(inner)
    {
        ArgumentNullException.ThrowIfNull(delays);
        this.delays = delays;
        this.time = time ?? TimeProvider.System;
    }

    private protected override async ValueTask<IoStatus> WaitAsync(DeviceOperation operation)
    {
        var delay = delays.Of(operation.Kind);
        if (delay > TimeSpan.Zero)
        {
            await Task.Delay(delay, time);
        }

        return IoStatus.Ok;
    }
}

/// <summary>The delay of a <see cref="DelayedDevice"/> before each operation. Zero: no delay.</summary>
public sealed record DeviceDelays
{
    // By operation; never changed after the object is initialized.
    private TimeSpan[] delays = new TimeSpan[IoOperationTraits.Count];

    /// <summary>The delay of a read.</summary>
    public TimeSpan Read
    {
        get => Of(IoOperation.Read);
        init => Set(IoOperation.Read, value);
    }

    /// <summary>The delay of a write.</summary>
    public TimeSpan Write
    {
        get => Of(IoOperation.Write);
        init => Set(IoOperation.Write, value);
    }

    /// <summary>The delay of a flush.</summary>
    public TimeSpan Flush
    {
        get => Of(IoOperation.Flush);
        init => Set(IoOperation.Flush, value);
    }

    /// <summary>The delay of a discard.</summary>
    public TimeSpan Discard
    {
        get => Of(IoOperation.Discard);
        init => Set(IoOperation.Discard, value);
    }

    /// <summary>The delay of a write-zeroes operation.</summary>
    public TimeSpan WriteZeroes
    {
        get => Of(IoOperation.WriteZeroes);
        init => Set(IoOperation.WriteZeroes, value);
    }

    /// <summary>Returns delays that are the same for every operation.</summary>
    public static DeviceDelays All(TimeSpan delay) => From(_ => delay);

    /// <summary>Returns the delay of an operation.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The operation is unknown.</exception>
    public TimeSpan Of(IoOperation operation)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(operation.IsKnown(), true, nameof(operation));
        return delays[(int)operation];
    }

    /// <summary>The delays are equal for every operation.</summary>
    public bool Equals(DeviceDelays? other) => other is not null && delays.AsSpan().SequenceEqual(other.delays);

    /// <inheritdoc/>
    public override int GetHashCode() => delays.Aggregate(0, HashCode.Combine);

    internal static DeviceDelays From(Func<IoOperation, TimeSpan> delayOf) =>
        new() { delays = [.. IoOperationTraits.All.Select(delayOf)] };

    /// <summary>Copies the table, which a copy by <c>with</c> shares.</summary>
    private void Set(IoOperation operation, TimeSpan delay)
    {
        delays = [.. delays];
        delays[(int)operation] = delay;
    }
}
