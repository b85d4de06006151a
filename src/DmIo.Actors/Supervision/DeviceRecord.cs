using Akka.Actor;
using DmIo.Devices;
using DmIo.Pages;
using static DmIo.Actors.ServiceProtocol;

namespace DmIo.Actors;

/// <summary>
/// A device as the supervisor knows it. Its name is taken until it is gone: while I/O of a dead actor is in flight,
/// another device under its name, perhaps on the same store, would write beside it.
/// <code>
///   Attaching --Spawned--> Online --DeviceHasFailed--> Failed
///   any --DetachDevice, actor's death--> Detaching --DeviceReleased and Terminated--> (removed)
/// </code>
/// </summary>
internal sealed class DeviceRecord(
    string name, IBlockDevice device, DeviceDescription description, IoQueueOptions queue, DeviceCounters counters)
{
    internal DeviceCounters Counters { get; } = counters;

    internal string Name { get; } = name;

    internal IBlockDevice Device { get; } = device;

    internal DeviceDescription Description { get; } = description;

    internal IoQueueOptions Queue { get; } = queue;

    /// <summary>Pages of the pool that are the device's until it is closed.</summary>
    internal PageLease? Pages { get; set; }

    internal DeviceState State { get; set; } = DeviceState.Online;

    /// <summary>What its actor is made from.</summary>
    internal DeviceSetup? Setup { get; set; }

    /// <summary>Its actor; null while it is attaching.</summary>
    internal IActorRef? Actor => Door?.Actor;

    /// <summary>The way to its actor; null while it is attaching.</summary>
    internal DeviceDoor? Door { get; set; }

    /// <summary>Rung for its actor; null where that never waits.</summary>
    internal DeviceBell? Bell { get; } = description.Mode == ServiceMode.Ring ? new DeviceBell() : null;

    /// <summary>Who waits for DeviceAttached or DeviceDetached.</summary>
    internal IActorRef? ReplyTo { get; set; }

    internal bool IsTerminated { get; set; }

    internal bool IsReleased { get; set; }

    internal DeviceStatus ToStatus() => new(Name, Description, State, Queue.Depth, Queue.Policy);
}
