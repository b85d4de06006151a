using DmIo.Io;

namespace DmIo.Devices.Faults;

/// <summary>
/// A slow device: each call waits for its operation's delay, then reaches the inner device. Delays run side by side, as
/// with a device of endless queue depth.
/// </summary>
public sealed class DelayedDevice : WaitingDevice
{
    private readonly DeviceDelays delays;
    private readonly TimeProvider time;

    /// <summary>Puts delays in front of a device.</summary>
    /// <param name="inner">The device, which becomes this one's.</param>
    /// <param name="delays">How long each operation waits.</param>
    /// <param name="time">Whose time; null: the system's.</param>
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

/// <summary>How long a <see cref="DelayedDevice"/> waits before each operation. Zero: not at all.</summary>
public sealed record DeviceDelays
{
    /// <summary>Before a read.</summary>
    public TimeSpan Read { get; init; }

    /// <summary>Before a write.</summary>
    public TimeSpan Write { get; init; }

    /// <summary>Before a flush.</summary>
    public TimeSpan Flush { get; init; }

    /// <summary>Before a discard.</summary>
    public TimeSpan Discard { get; init; }

    /// <summary>Before writing zeroes.</summary>
    public TimeSpan WriteZeroes { get; init; }

    /// <summary>The same before every operation.</summary>
    public static DeviceDelays All(TimeSpan delay) =>
        new() { Read = delay, Write = delay, Flush = delay, Discard = delay, WriteZeroes = delay };

    /// <summary>The delay before that operation.</summary>
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
