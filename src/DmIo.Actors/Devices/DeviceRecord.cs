using Akka.Actor;
using DmIo.Actors.Protocol;
using DmIo.Actors.Scheduling;
using DmIo.Actors.Telemetry;
using DmIo.Devices;
using DmIo.Memory;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Actors.Devices;

/// <summary>
/// A device in the supervisor. Its name remains in use until the device is closed: while I/O of a dead actor is in
/// flight, another device under its name, perhaps on the same store, would write concurrently.
/// <code>
///   Online --DeviceHasFailed--> Failed --ReopenDevice, ReopenEnded(Ok)--> Online
///   any --DetachDevice, actor's death--> Detaching --DeviceReleased and Terminated--> (removed)
/// </code>
/// </summary>
internal sealed class DeviceRecord(DeviceSetup setup, DeviceDescription description, DeviceRef reference)
{
    /// <summary>The constructor arguments of its actor.</summary>
    internal DeviceSetup Setup => setup;

    internal string Name => setup.Name;

    internal IBlockDevice Device => setup.Device;

    internal DeviceCounters Counters => setup.Counters;

    internal DeviceDescription Description => description;

    /// <summary>Pages of the pool that the device uses until it is closed.</summary>
    internal PageLease? Pages { get; init; }

    internal DeviceState State { get; set; } = DeviceState.Online;

    /// <summary>The reference to its actor.</summary>
    internal DeviceRef Ref => reference;

    /// <summary>The sender of DetachDevice, which waits for DeviceDetached.</summary>
    internal IActorRef? ReplyTo { get; set; }

    /// <summary>The sender of ReopenDevice, which waits for DeviceReopened or ReopenRefused.</summary>
    internal IActorRef? ReopenReplyTo { get; set; }

    internal bool IsTerminated { get; set; }

    internal bool IsReleased { get; set; }

    internal DeviceStatus ToStatus() => new(Name, Description, State, setup.Queue.Depth, setup.Queue.Policy);
}

/// <summary>The constructor arguments of a device actor.</summary>
/// <param name="Name">The name that regions use.</param>
/// <param name="Device">The open device, which the actor closes.</param>
/// <param name="Queue">The scheduling options.</param>
/// <param name="Memory">The memory that leases are allocated from.</param>
/// <param name="BouncePages">The pages that the device requires; the supervisor returns them.</param>
/// <param name="Bell">Rung after each message to the actor; null: not used.</param>
/// <param name="Background">Drives the device after its actor has stopped.</param>
/// <param name="Counters">The counters that the actor writes.</param>
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
    /// <summary>The closing of the device is assigned: to the actor, after its start; to the supervisor, if the device
    /// threw before that. Read after the actor has terminated.</summary>
    internal bool IsTaken { get; set; }
}
