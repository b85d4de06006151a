using Akka.Actor;
using Akka.Event;
using DmIo.Io;

namespace DmIo.Actors.Protocol;

/// <summary>Request actor and device actor: the I/O of one region of a request. Supervisor and device actor: reopen and
/// shutdown.</summary>
/// <remarks><code>
///   DeviceIo --+--> DeviceDone       exactly one for each I/O that was issued or refused
///              +--> (nothing)        the I/O was withdrawn; DeviceIoWithdrawn removes it from the queue
///              watch the device too: I/O in a dead device's mailbox gets no reply, and can be withdrawn
///   DropAndReopen -> ReopenEnded     when nothing is in flight and the cache is dropped
///   DeviceHasGrown                   the actor tells the supervisor, whenever the device reports it
///   DrainDevice ---> (stops)         when all accepted I/O is done
///   (any stop) ----> DeviceReleased  when no I/O is in flight and the device is closed
/// </code></remarks>
internal static class DeviceProtocol
{
    /// <summary>
    /// The memory of this I/O, and of all others in its chain (<see cref="DeviceIo.Next"/>), is no longer in use; their
    /// status is set. One message reports all I/O that ended in one turn of the device actor.
    /// </summary>
    internal sealed record DeviceDone(DeviceIo Io) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>This I/O was withdrawn. Removes it from the queue, so that I/O that conflicts with it can be
    /// issued.</summary>
    internal sealed record DeviceIoWithdrawn(DeviceIo Io)
        : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>To itself: starts a turn. Processed after all I/O that is in the mailbox already.</summary>
    internal sealed record TakeTurn : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        internal static TakeTurn Instance { get; } = new();
    }

    /// <summary>Drops the cache of a failed device and puts it back into service.</summary>
    internal sealed record DropAndReopen : INoSerializationVerificationNeeded
    {
        internal static DropAndReopen Instance { get; } = new();
    }

    /// <summary>To itself: the cache of the device was dropped.</summary>
    internal sealed record CacheDropped(IoStatus Status)
        : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>The capacity of the device has grown.</summary>
    internal sealed record DeviceHasGrown(ByteSize Capacity)
        : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>Ok: the device is back in service. Otherwise it stays failed.</summary>
    internal sealed record ReopenEnded(IoStatus Status)
        : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>Complete the accepted I/O, refuse new I/O, close the device, stop.</summary>
    internal sealed record DrainDevice : INoSerializationVerificationNeeded
    {
        internal static DrainDevice Instance { get; } = new();
    }

    /// <summary>The device of this stopped actor has no I/O in flight and is closed.</summary>
    internal sealed record DeviceReleased(IActorRef Actor)
        : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}
