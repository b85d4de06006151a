using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using static DmIo.Actors.Protocol.DeviceProtocol;

namespace DmIo.Actors.Devices;

/// <summary>
/// Schedules the turns of a device actor, in which it polls its device. Operations that complete within a turn, on the
/// actor's own thread, are queued for that turn; operations that complete elsewhere are sent to the actor. One message
/// requests a turn, however many callers requested it, so a turn handles all I/O in the mailbox before that message.
/// </summary>
internal sealed class PollScheduler(IActorRef actor)
{
    private readonly Queue<InFlightOperation> completed = new();
    private volatile OrphanedDevice? orphan;
    private int thread;
    private int isDue;

    /// <summary>Requests a turn, after all messages in the mailbox. Called by the actor only.</summary>
    internal void Ask()
    {
        if (Volatile.Read(ref isDue) == 0 && Interlocked.Exchange(ref isDue, 1) == 0)
        {
            actor.Tell(TakeTurn.Instance, ActorRefs.NoSender);
        }
    }

    /// <summary>Requests a turn soon. From any thread.</summary>
    internal void Wake()
    {
        if (orphan is { } last)
        {
            last.Poll();
        }
        else
        {
            Ask();
        }
    }

    /// <summary>Begins a turn. Later requests get another turn, unless this one was not <paramref name="asked"/>
    /// for.</summary>
    internal void Begin(bool asked)
    {
        Volatile.Write(ref thread, Environment.CurrentManagedThreadId);
        if (asked)
        {
            Interlocked.Exchange(ref isDue, 0);
        }
    }

    internal void End() => Volatile.Write(ref thread, 0);

    /// <summary>The actor has stopped: from now on the orphan polls the device.</summary>
    internal void Stop(OrphanedDevice last)
    {
        orphan = last;
        last.Poll();
    }

    /// <summary>An operation completed. From any thread.</summary>
    internal void Completed(InFlightOperation operation)
    {
        if (Volatile.Read(ref thread) == Environment.CurrentManagedThreadId)
        {
            completed.Enqueue(operation);
        }
        else
        {
            actor.Tell(operation, ActorRefs.NoSender);
        }
    }

    /// <summary>The next operation that completed within this turn, in order of completion.</summary>
    internal bool TryTakeCompleted([MaybeNullWhen(false)] out InFlightOperation operation) =>
        completed.TryDequeue(out operation);
}
