using Akka.Actor;
using DmIo.Devices;

namespace DmIo.Actors.Devices;

/// <summary>
/// The way into a device actor's mailbox, for everybody but the actor itself: tells, and rings the device's bell, so
/// that it is heard also while the actor's turn waits for the device. One for each actor.
/// </summary>
internal sealed class DeviceDoor(IActorRef actor, DeviceBell? bell = null)
{
    internal IActorRef Actor { get; } = actor;

    internal void Tell(object message, IActorRef? sender)
    {
        Actor.Tell(message, sender);
        bell?.Ring();
    }
}
