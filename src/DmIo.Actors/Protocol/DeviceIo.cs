using Akka.Actor;
using Akka.Event;
using DmIo.Actors.Devices;
using DmIo.Actors.Scheduling;
using DmIo.Devices;
using DmIo.Devices.Transfer;
using DmIo.Io;
using DmIo.Memory;
using static DmIo.Actors.Protocol.DeviceProtocol;
using static DmIo.Actors.Protocol.IoProtocol;

namespace DmIo.Actors.Protocol;

/// <summary>The lease whose requests these are, as devices see it.</summary>
/// <param name="Requests">The request actor, which receives the replies of devices.</param>
/// <param name="Lease">The lease; leases share a device.</param>
/// <param name="Weight">The lease's weight, 1 to 10000.</param>
internal readonly record struct RequestOwner(IActorRef Requests, LeaseId Lease, int Weight);

/// <summary>
/// The I/O of one region of a request, sent to a device and back. Memory safety depends on one word of state, which
/// decides between the request actor and the device side who owns the buffer:
/// <code>
///   Waiting --TryIssue-------> Issued --Answer-----------> Answered    DeviceDone is sent
///      |                          +--Abandon-----> Abandoned --Answer-> Answered    the given action is called instead
///      +-----TryWithdraw----> Withdrawn                                no reply, the buffer is never touched
/// </code>
/// Each arrow is one compare-and-swap. An issued I/O is answered exactly once, even if the device actor dies. An I/O
/// sent to a device that has just stopped is withdrawn when its termination is reported, so its dead letter is
/// suppressed.
/// </summary>
internal class DeviceIo : IQueuedIo, INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    private const int Waiting = 0;
    private const int Issued = 1;
    private const int Withdrawn = 2;
    private const int Abandoned = 3;
    private const int Answered = 4;

    private DeviceOperation operation;
    private IActorRef replyTo = ActorRefs.Nobody;
    private int state = Answered;
    private IoStatus status;
    private Action? released;

    /// <param name="regionIndex">The index of the region in its request, 0..63, and of its error bit.</param>
    internal DeviceIo(int regionIndex)
    {
        RegionIndex = regionIndex;
        Done = new DeviceDone(this);
    }

    internal int RegionIndex { get; }

    public ref readonly DeviceOperation Operation => ref operation;

    public IoRegion Region { get; private set; }

    public IoMemory? Memory { get; private set; }

    public WriteEdges Edges { get; private set; }

    public LeaseId Lease { get; private set; }

    public int Weight { get; private set; }

    public IoPriority Priority { get; private set; }

    /// <summary>The message that reports this I/O, and all others in its chain, as answered.</summary>
    internal DeviceDone Done { get; }

    public QueueEntry? Entry { get; set; }

    /// <summary>The next I/O of the chain (<see cref="DeviceIoBatches{TReceiver}"/>). Owned by the sender until the
    /// chain is sent, then by the receiver.</summary>
    internal DeviceIo? Next { get; set; }

    /// <summary>Neither withdrawn nor issued.</summary>
    internal bool IsWaiting => Volatile.Read(ref state) == Waiting;

    /// <summary>The device has finished the I/O; <see cref="Status"/> may be read.</summary>
    internal bool IsAnswered => Volatile.Read(ref state) == Answered;

    /// <summary>The outcome. Only if <see cref="IsAnswered"/>.</summary>
    internal IoStatus Status
    {
        get
        {
            Invariant.Require(IsAnswered);
            return status;
        }
    }

    /// <summary>Until this task ends, the device may access the memory, also after its answer; null: it does not.
    /// </summary>
    public Task? Held { get; set; }

    /// <summary>What the device reports about the I/O beyond the status. Only if <see cref="IsAnswered"/>.</summary>
    public object? Detail { get; set; }

    /// <summary>The device has answered, and may still access the memory.</summary>
    internal bool IsHeld => Held is { IsCompleted: false };

    /// <summary>Receiver: removes and returns the rest of the chain.</summary>
    internal DeviceIo? TakeNext()
    {
        var next = Next;
        Next = null;
        return next;
    }

    /// <summary>The receiver of <see cref="Done"/>.</summary>
    internal IActorRef ReplyTo => replyTo;

    /// <summary>Request actor: starts a new I/O. Only after the answer of the previous one was received.</summary>
    internal void Begin(IoRequest request, in IoRegion region, in RequestOwner owner)
    {
        operation = new DeviceOperation(request.Operation, region.Start, region.Count)
        {
            ForceUnitAccess = request.ForceUnitAccess,
            NoExtend = request.NoExtend,
            Zeroing = request.Zeroing,
        };
        Region = region;
        Memory = request.Memory;
        Edges = request.Edges;
        Priority = request.Priority;
        Lease = owner.Lease;
        Weight = owner.Weight;
        replyTo = owner.Requests;
        status = default;
        (released, Held, Detail) = (null, null, null);
        Volatile.Write(ref state, Waiting);
    }

    /// <summary>Request actor: clears the reference to the caller's memory, until the next
    /// <see cref="Begin"/>.</summary>
    internal void Forget() => Memory = null;

    /// <summary>Device side, directly before the I/O starts: the device owns the buffer from here on. False: the I/O
    /// was withdrawn.</summary>
    public bool TryIssue() => Interlocked.CompareExchange(ref state, Issued, Waiting) == Waiting;

    /// <summary>Request actor: withdraws the I/O before it is issued. False: it is already issued.</summary>
    internal bool TryWithdraw() => Interlocked.CompareExchange(ref state, Withdrawn, Waiting) == Waiting;

    /// <summary>
    /// Request actor, as it stops: instead of sending the message, <paramref name="whenReleased"/> is called when the
    /// device has released the memory.
    /// </summary>
    internal void Abandon(Action whenReleased)
    {
        released = whenReleased;
        if (Interlocked.CompareExchange(ref state, Abandoned, Issued) != Issued)
        {
            CallWhenReleased();
        }
    }

    /// <summary>The device has answered: calls the action of <see cref="Abandon"/> when the memory is
    /// released.</summary>
    private void CallWhenReleased()
    {
        var action = released!;
        if (Held is { } held)
        {
            _ = held.ContinueWith(
                _ => action(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
        }
        else
        {
            action();
        }
    }

    /// <summary>
    /// Device side, any thread, exactly once: the buffer is no longer in use. True: the caller sends <see cref="Done"/>
    /// to <see cref="ReplyTo"/>, possibly once for a chain of several.
    /// </summary>
    internal bool Settle(in IoStatus outcome)
    {
        status = outcome;
        switch (Interlocked.Exchange(ref state, Answered))
        {
            case Issued:
                return true;
            case Abandoned:
                CallWhenReleased();
                return false;
            default:
                Invariant.Require(false);
                return false;
        }
    }

    /// <summary>Settles the I/O and sends the message.</summary>
    internal void Answer(in IoStatus outcome)
    {
        if (Settle(outcome))
        {
            replyTo.Tell(Done, ActorRefs.NoSender);
        }
    }

    /// <summary>Device side: answers without I/O, unless the I/O was withdrawn.</summary>
    internal void Refuse(IoStatus outcome)
    {
        if (TryIssue())
        {
            ZeroFillRead();
            Answer(outcome);
        }
    }

    /// <summary>
    /// A read that fails before any transfer zeroes its memory, like any other failed read (R8). Only while the device
    /// side owns the buffer. A caller's own memory type may throw: the exception is ignored, since the read already has
    /// a failed status and the actor's other I/O must not be affected.
    /// </summary>
    internal void ZeroFillRead()
    {
        if (!operation.Kind.FillsMemory())
        {
            return;
        }

        try
        {
            RegionTransfer.ZeroFill(Memory!, Region.Count);
        }
        catch (Exception)
        {
            // Memory that throws on access holds no stale data that could be read through it.
        }
    }
}
