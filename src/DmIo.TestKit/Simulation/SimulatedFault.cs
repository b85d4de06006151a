using DmIo.Devices.Faults;

namespace DmIo.TestKit.Simulation;

/// <summary>A fault of a <see cref="SimulatedDevice"/>, and the calls and times to which it applies. By default: every
/// call, at any time.</summary>
/// <param name="Kind">The kind of the fault.</param>
public sealed record SimulatedFault(SimulatedFaultKind Kind)
{
    /// <summary>The calls to which the fault applies, by operation and sectors.</summary>
    public OperationFilter Filter { get; init; } = OperationFilter.Any;

    /// <summary>The probability for each call, 0 to 1, from the device's seed.</summary>
    public double Probability { get; init; } = 1;

    /// <summary>The time at which the fault begins, counted from the construction of the device.</summary>
    public TimeSpan From { get; init; }

    /// <summary>The time at which the fault ends, counted in the same way; null: never.</summary>
    public TimeSpan? Until { get; init; }

    /// <summary>The maximum number of occurrences; null: no limit.</summary>
    public int? MaxCount { get; init; }

    /// <summary>The error number of an error; EIO by default.</summary>
    public int Errno { get; init; } = 5;
}
