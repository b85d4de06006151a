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

    private protected override async ValueTask<IoStatus> WaitAsync(
        IoOperation operation, Sector start, SectorCount count)
    {
        var delay = delays.Of(operation);
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
    /// <summary>The delay of a read.</summary>
    public TimeSpan Read { get; init; }

    /// <summary>The delay of a write.</summary>
    public TimeSpan Write { get; init; }

    /// <summary>The delay of a flush.</summary>
    public TimeSpan Flush { get; init; }

    /// <summary>The delay of a discard.</summary>
    public TimeSpan Discard { get; init; }

    /// <summary>The delay of a write-zeroes operation.</summary>
    public TimeSpan WriteZeroes { get; init; }

    /// <summary>Returns delays that are the same for every operation.</summary>
    public static DeviceDelays All(TimeSpan delay) =>
        new() { Read = delay, Write = delay, Flush = delay, Discard = delay, WriteZeroes = delay };

    /// <summary>Returns the delay of an operation.</summary>
    public TimeSpan Of(IoOperation operation) => operation switch
    {
        IoOperation.Read => Read,
        IoOperation.Write => Write,
        IoOperation.Flush => Flush,
        IoOperation.Discard => Discard,
        IoOperation.WriteZeroes => WriteZeroes,
        _ => throw new ArgumentOutOfRangeException(nameof(operation), operation, null),
    };
}
