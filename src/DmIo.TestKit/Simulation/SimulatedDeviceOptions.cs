using DmIo.Devices;

namespace DmIo.TestKit.Simulation;

/// <summary>How a <see cref="SimulatedDevice"/> behaves.</summary>
public sealed record SimulatedDeviceOptions
{
    /// <summary>What it draws all its luck from.</summary>
    public int Seed { get; init; }

    /// <summary>The quickest that a call is answered; 0: one in four, before the call returns.</summary>
    public TimeSpan LeastLatency { get; init; } = TimeSpan.Zero;

    /// <summary>The slowest. Calls that are in flight together overtake each other within these bounds.</summary>
    public TimeSpan MostLatency { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>What goes wrong. Of several that meet a call, the first.</summary>
    public IReadOnlyList<SimulatedFault> Faults { get; init; } = [];

    /// <summary>Answers only when it is polled, as a ring does (<see cref="IBlockDevice.Poll"/>), where its owner
    /// offers that.</summary>
    public bool Gathers { get; init; }

    /// <summary>Changes what the device is: its block size, its limits, what it can't do.</summary>
    public Func<DeviceDescription, DeviceDescription>? Describe { get; init; }

    /// <summary>Hears of each fault as it happens.</summary>
    public Action<SimulatedFaultEvent>? Observer { get; init; }
}
