using DmIo.Devices;

namespace DmIo.TestKit.Simulation;

/// <summary>The options of a <see cref="SimulatedDevice"/>.</summary>
public sealed record SimulatedDeviceOptions
{
    /// <summary>The seed of all random decisions.</summary>
    public int Seed { get; init; }

    /// <summary>The minimum latency; 0: one call in four completes synchronously.</summary>
    public TimeSpan MinLatency { get; init; } = TimeSpan.Zero;

    /// <summary>The maximum latency. Calls in flight complete in any order within these bounds.</summary>
    public TimeSpan MaxLatency { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>The faults. If several match a call, the first one applies.</summary>
    public IReadOnlyList<SimulatedFault> Faults { get; init; } = [];

    /// <summary>Completes calls only when the owner calls <see cref="IBlockDevice.Poll"/>, like io_uring, if the owner
    /// supports that.</summary>
    public bool CompletesInPoll { get; init; }

    /// <summary>Changes the device's description: its block size, its limits, its supported operations.</summary>
    public Func<DeviceDescription, DeviceDescription>? Describe { get; init; }

    /// <summary>Called for each fault when it happens.</summary>
    public Action<SimulatedFaultEvent>? Observer { get; init; }
}
