using DmIo.TestKit.Simulation;

namespace DmIo.Simulation;

/// <summary>A disk of the run, and the device through which the service accesses it.</summary>
/// <remarks><code>
///   Absent --Attach--> Attaching --DeviceAttached--> Serving --Detach, its actor dies--> Leaving --closed--> Absent
/// </code></remarks>
internal sealed class Disk(DevicePlan plan, SimulatedDisk medium)
{
    internal DevicePlan Plan => plan;

    internal SimulatedDisk Medium => medium;

    internal DiskState State { get; set; }

    /// <summary>The last attach was refused, because the pool had too few pages.</summary>
    internal bool WasRefused { get; set; }

    internal SimulatedDevice? Device { get; set; }
}

internal enum DiskState
{
    Absent,
    Attaching,
    Serving,
    Leaving,
}
