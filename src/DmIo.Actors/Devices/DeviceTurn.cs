using Akka.Actor;
using DmIo.Devices;
using static DmIo.Actors.Protocol.DeviceProtocol;

namespace DmIo.Actors.Devices;

/// <summary>
/// A device actor's turn, as other threads see it: they ask for one, and land flights. What lands in the turn, on the
/// actor's own thread, is kept for it; what lands elsewhere is told. One message asks for a turn, however many wanted
/// it; so that all I/O that lies in the mailbox before it is taken together. Who is not the actor rings the bell behind
/// what it tells.
/// </summary>
internal sealed class DeviceTurn(IActorRef actor, DeviceBell? bell)
{
    private readonly Queue<DeviceFlight> landed = new();
    private volatile DeviceFarewell? farewell;
    private int thread;
    private int isDue;

    /// <summary>A turn was asked for, and has not begun.</summary>
    internal bool IsDue => Volatile.Read(ref isDue) != 0;

    /// <summary>By the actor: it gets a turn, behind all that lies in its mailbox.</summary>
    internal void Ask() => TryAsk();

    /// <summary>From any thread: the actor gets a turn soon.</summary>
    internal void Wake()
    {
        if (farewell is { } last)
        {
            last.Drive();
        }
        else if (TryAsk())
        {
            bell?.Ring();
        }
    }

    /// <summary>A turn begins. What asks from now on gets another, unless it was not <paramref name="asked"/>
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

    /// <summary>The actor has stopped: from now on the farewell drives the device.</summary>
    internal void Stop(DeviceFarewell last)
    {
        farewell = last;
        last.Drive();
    }

    /// <summary>A flight landed; from any thread.</summary>
    internal void Land(DeviceFlight flight)
    {
        if (Volatile.Read(ref thread) == Environment.CurrentManagedThreadId)
        {
            landed.Enqueue(flight);
        }
        else
        {
            actor.Tell(flight, ActorRefs.NoSender);
            bell?.Ring();
        }
    }

    /// <summary>What landed in this turn, in order.</summary>
    internal bool TryTakeLanded([System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out DeviceFlight flight) =>
        landed.TryDequeue(out flight);

    private bool TryAsk()
    {
        if (Volatile.Read(ref isDue) != 0 || Interlocked.Exchange(ref isDue, 1) != 0)
        {
            return false;
        }

        bell?.Hush();
        actor.Tell(TakeTurn.Instance, ActorRefs.NoSender);
        return true;
    }
}
