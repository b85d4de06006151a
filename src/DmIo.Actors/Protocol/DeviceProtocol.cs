using Akka.Actor;
using Akka.Event;
using DmIo.Io;

namespace DmIo.Actors.Protocol;

/// <summary>Request actor and device actor: one region of one request. Supervisor and device actor: the way
/// out.</summary>
/// <remarks><code>
///   DeviceIo --+--> DeviceDone       exactly one for each, if it was issued or refused
///              +--> (nothing)        it was withdrawn first; DeviceIoWithdrawn says so, for the queue's sake
///              watch the device too: what lies in a dead device's mailbox gets no reply, and can be withdrawn
///   DropAndReopen -> ReopenEnded     when nothing is in flight and the cache is dropped
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

    /// <summary>Drop the cache of a device that has failed, and run again.</summary>
    internal sealed record DropAndReopen : INoSerializationVerificationNeeded
    {
        internal static DropAndReopen Instance { get; } = new();
    }

    /// <summary>To itself: the cache of the device was dropped.</summary>
    internal sealed record CacheDropped(IoStatus Status)
        : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>Ok: the device runs again. Else it stays failed.</summary>
    internal sealed record ReopenEnded(IoStatus Status)
        : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>Complete what was accepted, refuse what comes, close the device, stop.</summary>
    internal sealed record DrainDevice : INoSerializationVerificationNeeded
    {
        internal static DrainDevice Instance { get; } = new();
    }

    /// <summary>The device of this actor, which is dead, is idle and closed.</summary>
    internal sealed record DeviceReleased(IActorRef Actor)
        : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}
