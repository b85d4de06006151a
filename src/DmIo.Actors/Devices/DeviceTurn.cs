using Akka.Actor;
using static DmIo.Actors.DeviceProtocol;

namespace DmIo.Actors;

/// <summary>
/// A device actor's turn, as other threads see it: they ask for one, and land flights. What lands in the turn, on the
/// actor's own thread, is kept for it; what lands elsewhere is told. One message asks for a turn, however many wanted
/// it; so that all I/O that lies in the mailbox before it is taken together.
/// </summary>
internal sealed class DeviceTurn(IActorRef actor)
{
    private readonly Queue<DeviceFlight> landed = new();
    private volatile DeviceFarewell? farewell;
    private int thread;
    private int isDue;

    /// <summary>A turn was asked for, and has not begun.</summary>
    internal bool IsDue => Volatile.Read(ref isDue) != 0;

    /// <summary>From any thread: the actor gets a turn soon.</summary>
    internal void Ask()
    {
        if (farewell is { } last)
        {
            last.Drive();
        }
        else if (Volatile.Read(ref isDue) == 0 && Interlocked.Exchange(ref isDue, 1) == 0)
        {
            actor.Tell(TakeTurn.Instance, ActorRefs.NoSender);
        }
    }

    /// <summary>The turn begins. What asks from now on gets another.</summary>
    internal void Begin()
    {
        Volatile.Write(ref thread, Environment.CurrentManagedThreadId);
        Interlocked.Exchange(ref isDue, 0);
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
        }
    }

    /// <summary>What landed in this turn, in order.</summary>
    internal bool TryTakeLanded([System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out DeviceFlight flight) =>
        landed.TryDequeue(out flight);
}
