using Akka.Actor;
using DmIo.Actors.Protocol;
using DmIo.Actors.Scheduling;
using DmIo.Actors.Telemetry;
using DmIo.Devices;
using DmIo.Memory;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Actors.Devices;

/// <summary>
/// A device as the supervisor knows it. Its name is taken until it is gone: while I/O of a dead actor is in flight,
/// another device under its name, perhaps on the same store, would write beside it.
/// <code>
///   Online --DeviceHasFailed--> Failed --ReopenDevice, ReopenEnded(Ok)--> Online
///   any --DetachDevice, actor's death--> Detaching --DeviceReleased and Terminated--> (removed)
/// </code>
/// </summary>
internal sealed class DeviceRecord(DeviceSetup setup, DeviceDescription description, IActorRef actor)
{
    /// <summary>What its actor is made from.</summary>
    internal DeviceSetup Setup => setup;

    internal string Name => setup.Name;

    internal IBlockDevice Device => setup.Device;

    internal DeviceCounters Counters => setup.Counters;

    internal DeviceDescription Description => description;

    /// <summary>Pages of the pool that are the device's until it is closed.</summary>
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

/// <summary>What a device actor is made from.</summary>
/// <param name="Name">What regions call the device.</param>
/// <param name="Device">The open device; the actor's to close.</param>
/// <param name="Queue">How it is scheduled.</param>
/// <param name="Memory">What leases are cut from.</param>
/// <param name="BouncePages">The pages that the device asked for; the supervisor's to return.</param>
/// <param name="Background">What the device is polled by when its actor is gone.</param>
/// <param name="Counters">Where the actor counts what it does.</param>
internal sealed record DeviceSetup(
    string Name,
    IBlockDevice Device,
    IoQueueOptions Queue,
    PoolMemory Memory,
    IReadOnlyList<Page> BouncePages,
    Action<IThreadPoolWorkItem> Background,
    DeviceCounters Counters)
{
    /// <summary>Somebody sees to it that the device is closed: the actor, once it has begun; the supervisor, where the
    /// device threw before that. To be asked when the actor is gone for certain.</summary>
    internal bool IsTaken { get; set; }
}
