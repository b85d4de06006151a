using Akka.Actor;
using Akka.Event;
using DmIo.Actors.Devices;
using DmIo.Actors.Scheduling;
using DmIo.Devices.Transfer;
using DmIo.Io;
using DmIo.Memory;
using static DmIo.Actors.Protocol.DeviceProtocol;
using static DmIo.Actors.Protocol.IoProtocol;

namespace DmIo.Actors.Protocol;

/// <summary>Whose requests these are, as devices see it.</summary>
/// <param name="Requests">The request actor, to whom devices reply.</param>
/// <param name="Lease">Its lease: leases share a device.</param>
/// <param name="Weight">The lease's share, 1 to 10000.</param>
internal readonly record struct RequestOwner(IActorRef Requests, LeaseId Lease, int Weight);

/// <summary>
/// One region of a request on its way to a device and back. Memory safety hangs on its one word of state, by which the
/// request actor and the device side settle who has the buffer:
/// <code>
///   Waiting --TryIssue-------> Issued --Answer-----------> Answered    DeviceDone is told
///      |                          +--TryAbandon--> Abandoned --Answer-> Answered    the given action is called instead
///      +-----TryWithdraw----> Withdrawn                                no reply, nobody will ever touch the buffer
/// </code>
/// Each arrow is one compare-and-swap. An issued one is always answered, exactly once, even if the device actor dies.
/// One that comes to a device that has just gone is withdrawn when that is heard of: no dead letter to report.
/// </summary>
internal class DeviceIo : IQueuedIo, INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    private const int Waiting = 0;
    private const int Issued = 1;
    private const int Withdrawn = 2;
    private const int Abandoned = 3;
    private const int Answered = 4;

    private IActorRef replyTo = ActorRefs.Nobody;
    private int state = Answered;
    private IoStatus status;
    private Action? released;

    /// <param name="regionIndex">Which region of its request, 0..63: the region's error bit.</param>
    internal DeviceIo(int regionIndex)
    {
        RegionIndex = regionIndex;
        Done = new DeviceDone(this);
    }

    internal int RegionIndex { get; }

    public IoOperation Operation { get; private set; }

    public IoRegion Region { get; private set; }

    public IoMemory? Memory { get; private set; }

    public bool ForceUnitAccess { get; private set; }

    public WriteEdges Edges { get; private set; }

    internal WriteZeroesFlags Zeroing { get; private set; }

    public LeaseId Lease { get; private set; }

    public int Weight { get; private set; }

    public IoPriority Priority { get; private set; }

    /// <summary>The message that says that this, and all that hang on it, are answered.</summary>
    internal DeviceDone Done { get; }

    public QueueEntry? Entry { get; set; }

    /// <summary>The next of its chain (<see cref="DeviceIoBatches{TReceiver}"/>): its sender's until the chain is told,
    /// its receiver's from then on.</summary>
    internal DeviceIo? Next { get; set; }

    /// <summary>Neither withdrawn nor issued.</summary>
    internal bool IsWaiting => Volatile.Read(ref state) == Waiting;

    /// <summary>The device is done with it; <see cref="Status"/> may be read.</summary>
    internal bool IsAnswered => Volatile.Read(ref state) == Answered;

    /// <summary>How it ended. Only once <see cref="IsAnswered"/>.</summary>
    internal IoStatus Status
    {
        get
        {
            Invariant.Require(IsAnswered);
            return status;
        }
    }

    /// <summary>Its receiver: what hangs on it, which leaves it.</summary>
    internal DeviceIo? TakeNext()
    {
        var next = Next;
        Next = null;
        return next;
    }

    /// <summary>Who is to be told.</summary>
    internal IActorRef ReplyTo => replyTo;

    /// <summary>Request actor: makes it a new I/O. Only when the last one is over and its answer has come.</summary>
    internal void Begin(IoRequest request, in IoRegion region, in RequestOwner owner)
    {
        Operation = request.Operation;
        Region = region;
        Memory = request.Memory;
        ForceUnitAccess = request.ForceUnitAccess;
        Edges = request.Edges;
        Zeroing = request.Zeroing;
        Priority = request.Priority;
        Lease = owner.Lease;
        Weight = owner.Weight;
        replyTo = owner.Requests;
        status = default;
        released = null;
        Volatile.Write(ref state, Waiting);
    }

    /// <summary>Request actor: lets go of the caller's memory, until it begins anew.</summary>
    internal void Forget() => Memory = null;

    /// <summary>Device side, just before it starts I/O: from now on the buffer is the device's. False: it was
    /// withdrawn.</summary>
    public bool TryIssue() => Interlocked.CompareExchange(ref state, Issued, Waiting) == Waiting;

    /// <summary>Request actor: takes it back before it was issued. False: it is too late.</summary>
    internal bool TryWithdraw() => Interlocked.CompareExchange(ref state, Withdrawn, Waiting) == Waiting;

    /// <summary>
    /// Request actor, in its last moment: the answer calls <paramref name="whenReleased"/> in place of the message.
    /// False: it is answered already.
    /// </summary>
    internal bool TryAbandon(Action whenReleased)
    {
        released = whenReleased;
        return Interlocked.CompareExchange(ref state, Abandoned, Issued) == Issued;
    }

    /// <summary>
    /// Device side, from any thread, exactly once: the buffer is nobody's any more. True: <see cref="Done"/> is to be
    /// told to <see cref="ReplyTo"/>, which may be done for several together.
    /// </summary>
    internal bool Settle(in IoStatus outcome)
    {
        status = outcome;
        switch (Interlocked.Exchange(ref state, Answered))
        {
            case Issued:
                return true;
            case Abandoned:
                released!();
                return false;
            default:
                Invariant.Require(false);
                return false;
        }
    }

    /// <summary>The same, and tells it.</summary>
    internal void Answer(in IoStatus outcome)
    {
        if (Settle(outcome))
        {
            replyTo.Tell(Done, ActorRefs.NoSender);
        }
    }

    /// <summary>Device side: answers without I/O, unless it was withdrawn.</summary>
    internal void Refuse(IoStatus outcome)
    {
        if (TryIssue())
        {
            ZeroFillRead();
            Answer(outcome);
        }
    }

    /// <summary>
    /// A read that fails before any transfer leaves zeroes like any other failed read (R8). Only while the buffer is
    /// ours. Memory of a caller's own making may throw: it has a failed status already, and the actor's other I/O is
    /// not to suffer.
    /// </summary>
    internal void ZeroFillRead()
    {
        if (Operation != IoOperation.Read)
        {
            return;
        }

        try
        {
            RegionTransfer.ZeroFill(Memory!, Region.Count);
        }
        catch (Exception)
        {
            // What can't be reached holds nothing that could leak through it.
        }
    }
}
