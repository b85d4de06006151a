using Akka.Actor;
using DmIo.Actors.Protocol;
using DmIo.Actors.Scheduling;
using DmIo.Actors.Telemetry;
using DmIo.Devices;
using DmIo.Memory;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Actors.Devices;

/// <summary>
/// A device in the supervisor. Its name is in use until the device is closed: while I/O of a dead actor is in flight,
/// another device with its name, perhaps on the same store, would write concurrently.
/// <code>
///   Online --DeviceHasFailed--> Failed --ReopenDevice, ReopenEnded(Ok)--> Online
///   any --DetachDevice, actor's death--> Detaching --DeviceReleased and Terminated--> (removed)
/// </code>
/// </summary>
internal sealed class DeviceRecord(DeviceSetup setup, DeviceDescription description, IActorRef actor)
{
    /// <summary>The setup of its actor.</summary>
    internal DeviceSetup Setup => setup;

    internal string Name => setup.Name;

    internal IBlockDevice Device => setup.Device;

    internal DeviceCounters Counters => setup.Counters;

    internal DeviceDescription Description { get; set; } = description;

    /// <summary>Pages of the pool that belong to the device until it is closed.</summary>
    internal PageLease? Pages { get; init; }

    internal DeviceState State { get; set; } = DeviceState.Online;

    internal IActorRef Actor => actor;

    /// <summary>The sender of DetachDevice, which waits for DeviceDetached.</summary>
    internal IActorRef? ReplyTo { get; set; }

    /// <summary>The sender of ReopenDevice, which waits for DeviceReopened or ReopenRefused.</summary>
    internal IActorRef? ReopenReplyTo { get; set; }

    internal bool IsTerminated { get; set; }

    internal bool IsReleased { get; set; }

    internal DeviceStatus ToStatus() => new(Name, Description, State, setup.Queue.Depth, setup.Queue.Policy);
}

/// <summary>The setup of a device actor.</summary>
/// <param name="Name">The name of the device in regions.</param>
/// <param name="Device">The open device, which the actor closes.</param>
/// <param name="Queue">The options of its queue.</param>
/// <param name="Memory">The memory of the leases.</param>
/// <param name="BouncePages">The pages that the device requested; the supervisor returns them.</param>
/// <param name="Background">Runs polls of the device after its actor has stopped.</param>
/// <param name="Counters">The counters of the actor.</param>
internal sealed record DeviceSetup(
    string Name,
    IBlockDevice Device,
    IoQueueOptions Queue,
    PoolMemory Memory,
    IReadOnlyList<Page> BouncePages,
    Action<IThreadPoolWorkItem> Background,
    DeviceCounters Counters)
{
    /// <summary>The device will be closed: by the actor, once it has started; by the supervisor, if the device threw
    /// before that. Valid when the actor has terminated.</summary>
    internal bool IsTaken { get; set; }
}
