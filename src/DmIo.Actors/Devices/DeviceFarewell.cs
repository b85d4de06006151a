using Akka.Actor;
using Akka.Event;
using DmIo.Devices;
using static DmIo.Actors.DeviceProtocol;

namespace DmIo.Actors;

/// <summary>
/// What is left of a device actor after it stopped: one count for the actor, one for each I/O that it left in flight.
/// Who takes the last one closes the device, and then the supervisor hears that the name is free.
/// </summary>
internal sealed class DeviceFarewell(IBlockDevice device, IActorRef actor, IActorRef supervisor, ILoggingAdapter log)
{
    private int count = 1;

    /// <summary>Only by the device actor, while it holds its own count.</summary>
    internal void Add() => Interlocked.Increment(ref count);

    /// <summary>From any thread, once for each count.</summary>
    internal void Release()
    {
        var left = Interlocked.Decrement(ref count);
        Invariant.Require(left >= 0);
        if (left == 0)
        {
            _ = DeviceClosing.CloseAsync(device, log, new DeviceReleased(actor)).PipeTo(supervisor, ActorRefs.NoSender);
        }
    }
}
