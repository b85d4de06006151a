using DmIo.Actors.Scheduling;
using DmIo.Actors.Telemetry;
using DmIo.Devices;
using DmIo.Memory;

namespace DmIo.Actors.Devices;

/// <summary>What a device actor is made from.</summary>
/// <param name="Name">What regions call the device.</param>
/// <param name="Device">The open device; the actor's to close.</param>
/// <param name="Queue">How it is scheduled.</param>
/// <param name="Memory">What leases are cut from.</param>
/// <param name="BouncePages">The pages that the device asked for; the supervisor's to return.</param>
/// <param name="Bell">What is rung for the actor; null where nobody does.</param>
/// <param name="Background">What the device is driven by when its actor is gone.</param>
/// <param name="Counters">Where the actor counts what it does.</param>
internal sealed record DeviceSetup(
    string Name,
    IBlockDevice Device,
    IoQueueOptions Queue,
    PoolMemory Memory,
    IReadOnlyList<Page> BouncePages,
    DeviceBell? Bell,
    Action<IThreadPoolWorkItem> Background,
    DeviceCounters Counters)
{
    /// <summary>Somebody sees to it that the device is closed: the actor, once it has begun; the supervisor, where the
    /// device threw before that. To be asked when the actor is gone for certain.</summary>
    internal bool IsTaken { get; set; }
}
