using Akka.Actor;
using Akka.Event;

namespace DmIo.Actors;

/// <summary>Request actor and device actor: one region of one request. Supervisor and device actor: the way
/// out.</summary>
/// <remarks><code>
///   DeviceIo --+--> DeviceDone       exactly one for each, if it was issued or refused
///              +--> (nothing)        it was withdrawn first; DeviceIoWithdrawn says so, for the queue's sake
///              watch the device too: what lies in a dead device's mailbox gets no reply, and can be withdrawn
///   DrainDevice ---> (stops)         when all that was accepted is done
///   (any stop) ----> DeviceReleased  when no I/O is in flight any more and the device is closed
/// </code></remarks>
internal static class DeviceProtocol
{
    /// <summary>
    /// Nobody touches the memory of this I/O any more, nor of those that hang on it (<see cref="DeviceIo.Next"/>);
    /// their status is set. One message for all that ended in one turn of the device actor.
    /// </summary>
    internal sealed record DeviceDone(DeviceIo Io) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>Forget this one: it was withdrawn. What waited behind it may go.</summary>
    internal sealed record DeviceIoWithdrawn(DeviceIo Io)
        : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>To itself: take a turn. Comes behind all I/O that lies in the mailbox already.</summary>
    internal sealed record TakeTurn : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        internal static TakeTurn Instance { get; } = new();
    }

    /// <summary>Complete what was accepted, refuse what comes, close the device, stop.</summary>
    internal sealed record DrainDevice : INoSerializationVerificationNeeded
    {
        internal static DrainDevice Instance { get; } = new();
    }

    /// <summary>The device of this actor, which is dead, is idle and closed.</summary>
    internal sealed record DeviceReleased(IActorRef Actor)
        : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}
