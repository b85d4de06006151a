using Akka.Actor;
using DmIo.Devices;
using DmIo.Io;
using DmIo.Memory;
using DmIo.Pages;
using static DmIo.Actors.DeviceProtocol;

namespace DmIo.Actors;

/// <summary>
/// One region of a request on its way to a device and back. Memory safety hangs on its one word of state, by which the
/// request actor and the device side settle who has the buffer:
/// <code>
///   Waiting --TryIssue-------> Issued --Answer-----------> Answered    DeviceDone is told
///      |                          +--TryAbandon--> Abandoned --Answer-> Answered    the hold is released instead
///      +-----TryWithdraw----> Withdrawn                                no reply, nobody will ever touch the buffer
/// </code>
/// Each arrow is one compare-and-swap. An issued one is always answered, exactly once, even if the device actor dies.
/// </summary>
internal sealed class DeviceIo : INoSerializationVerificationNeeded
{
    private const int Waiting = 0;
    private const int Issued = 1;
    private const int Withdrawn = 2;
    private const int Abandoned = 3;
    private const int Answered = 4;

    private readonly IActorRef replyTo;
    private int state;
    private IoStatus status;
    private LeaseHold? hold;

    internal DeviceIo(
        Ticket ticket,
        IoOperation operation,
        in IoRegion region,
        IoMemory? memory,
        bool forceUnitAccess,
        IActorRef replyTo)
    {
        Ticket = ticket;
        Operation = operation;
        Region = region;
        Memory = memory;
        ForceUnitAccess = forceUnitAccess;
        this.replyTo = replyTo;
    }

    internal Ticket Ticket { get; }

    internal IoOperation Operation { get; }

    internal IoRegion Region { get; }

    internal IoMemory? Memory { get; }

    internal bool ForceUnitAccess { get; }

    /// <summary>Whose it is: leases share a device.</summary>
    internal LeaseId Lease { get; init; }

    /// <summary>The lease's share of a device, 1 to 10000, as the kernel's io.weight; 100 is the usual.</summary>
    internal int Weight { get; init; } = 100;

    internal IoPriority Priority { get; init; }

    /// <summary>Which device it was sent to; null before. The request actor's own field.</summary>
    internal IActorRef? Device { get; set; }

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

    /// <summary>Device side, just before it starts I/O: from now on the buffer is the device's. False: it was
    /// withdrawn.</summary>
    internal bool TryIssue() => Interlocked.CompareExchange(ref state, Issued, Waiting) == Waiting;

    /// <summary>Request actor: takes it back before it was issued. False: it is too late.</summary>
    internal bool TryWithdraw() => Interlocked.CompareExchange(ref state, Withdrawn, Waiting) == Waiting;

    /// <summary>
    /// Request actor, in its last moment: the answer is to release <paramref name="leaseHold"/>, not to be told.
    /// False: it is answered already.
    /// </summary>
    internal bool TryAbandon(LeaseHold leaseHold)
    {
        hold = leaseHold;
        return Interlocked.CompareExchange(ref state, Abandoned, Issued) == Issued;
    }

    /// <summary>Device side, from any thread, exactly once: the buffer is nobody's any more.</summary>
    internal void Answer(IoStatus outcome)
    {
        status = outcome;
        switch (Interlocked.Exchange(ref state, Answered))
        {
            case Issued:
                replyTo.Tell(new DeviceDone(this), Device ?? ActorRefs.NoSender);
                break;
            case Abandoned:
                hold!.Release();
                break;
            default:
                Invariant.Require(false);
                break;
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
    /// ours. Memory
    /// of a caller's own making may throw: it has a failed status already, and the actor's other I/O is not to
    /// suffer.
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
