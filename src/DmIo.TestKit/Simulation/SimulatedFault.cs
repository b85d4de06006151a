using DmIo.Devices.Faults;

namespace DmIo.TestKit.Simulation;

/// <summary>What goes wrong at a <see cref="SimulatedDevice"/>, with which calls, and when. By default: every call of
/// its kind, for ever.</summary>
/// <param name="Kind">What goes wrong.</param>
public sealed record SimulatedFault(SimulatedFaultKind Kind)
{
    /// <summary>Calls that it is about: by operation and by sectors.</summary>
    public OperationFilter Filter { get; init; } = OperationFilter.Any;

    /// <summary>The chance of each, 0 to 1, drawn from the device's seed.</summary>
    public double Probability { get; init; } = 1;

    /// <summary>From when on, since the device was made.</summary>
    public TimeSpan From { get; init; }

    /// <summary>Until when; null: to the end.</summary>
    public TimeSpan? Until { get; init; }

    /// <summary>How often at most; null: always.</summary>
    public int? AtMost { get; init; }

    /// <summary>The answer's error number, where it is an error; EIO by default.</summary>
    public int Errno { get; init; } = 5;
}
