using DmIo.TestKit.Simulation;

namespace DmIo.Simulation;

/// <summary>A disk of the run, and the device through which the service has it just now.</summary>
/// <remarks><code>
///   Absent --Attach--> Attaching --DeviceAttached--> Serving --Detach, its actor dies--> Leaving --closed--> Absent
/// </code></remarks>
internal sealed class Disk(DevicePlan plan, SimulatedDisk medium)
{
    internal DevicePlan Plan => plan;

    internal SimulatedDisk Medium => medium;

    internal DiskState State { get; set; }

    /// <summary>It was not attached the last time, for want of pages.</summary>
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
