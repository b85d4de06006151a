using DmIo.Io;

namespace DmIo.Devices.Faults;

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
        _ => WriteZeroes,
    };
}
