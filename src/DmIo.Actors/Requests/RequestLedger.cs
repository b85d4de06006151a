using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using DmIo.Io;
using static DmIo.Actors.DeviceProtocol;

namespace DmIo.Actors;

/// <summary>
/// The requests of one lease, from acceptance to delivery. Plain, single owner.
/// <code>
///   Accept --> waiting --TryDispatch--> dispatched --answerable--> outcome --TryTakeOutcome--> (delivered)
///                 +-----Expire, StopWaiting--------------------------^
/// </code>
/// A request gets one outcome. One that is answered while a device has its memory stays dispatched, and keeps its
/// credit, until it is over.
/// </summary>
internal sealed class RequestLedger(int pages)
{
    private readonly RequestAdmission admission = new(pages);
    private readonly Dictionary<long, RequestState> dispatched = [];
    private readonly Queue<RequestState> outcomes = new();

    /// <summary>Nothing waits, and no device has anything.</summary>
    internal bool IsIdle => dispatched.Count == 0 && admission.IsEmpty;

    /// <summary>How many wait for credit, or did.</summary>
    internal int Waiting => admission.Waiting;

    /// <summary>Takes it in; one that needs no device has its outcome at once, whatever waits.</summary>
    internal void Accept(RequestState request)
    {
        if (request.IsAnswerable)
        {
            Conclude(request);
        }
        else
        {
            admission.Add(request);
        }
    }

    /// <summary>The next that the credit allows: to be sent, then <see cref="Settle"/>d.</summary>
    internal bool TryDispatch([MaybeNullWhen(false)] out RequestState request)
    {
        if (!admission.TryAdmit(out request))
        {
            return false;
        }

        dispatched.Add(request.Id, request);
        return true;
    }

    /// <summary>Gives a dispatched request its outcome where it can be answered, and its credit back where it is
    /// over.</summary>
    internal void Settle(RequestState request)
    {
        if (request.IsAnswerable && !request.IsAnswered)
        {
            Conclude(request);
        }

        if (request.IsOver && dispatched.Remove(request.Id))
        {
            admission.Return(request);
        }
    }

    /// <summary>A device is done with one region.</summary>
    internal void Complete(Ticket ticket, in IoStatus status)
    {
        // Not there: a deadline, or the death of the device, settled it with the answer that was on its way.
        if (dispatched.TryGetValue(ticket.RequestId, out var request))
        {
            request.Complete(ticket.RegionIndex, status);
            Settle(request);
        }
    }

    /// <summary>Gives a request its outcome now, unless it has one.</summary>
    internal void Expire(RequestState request, in IoStatus status)
    {
        if (request.IsAnswered)
        {
            return;
        }

        request.Cut(status);
        if (dispatched.ContainsKey(request.Id))
        {
            Settle(request);
        }
        else
        {
            Conclude(request);
            admission.DropAnswered();
        }
    }

    /// <summary>What lay unissued at this device has this status.</summary>
    internal void DeviceDied(IActorRef device, in IoStatus status)
    {
        foreach (var request in dispatched.Values)
        {
            // Settle removes what is over; a Dictionary allows that while it is enumerated.
            request.DeviceDied(device, status);
            Settle(request);
        }
    }

    /// <summary>What waits for credit has this status.</summary>
    internal void StopWaiting(in IoStatus status)
    {
        while (admission.TryRemove(out var request))
        {
            request.Cut(status);
            Conclude(request);
        }
    }

    /// <summary>The end: everything has its outcome; what a device has is left to the hold. True: a device has
    /// something.</summary>
    internal bool StopAll(in IoStatus status, LeaseHold hold)
    {
        StopWaiting(status);
        var isHeld = false;
        foreach (var request in dispatched.Values)
        {
            Expire(request, status);
            request.Abandon(hold);
            isHeld |= !request.IsOver;
        }

        return isHeld;
    }

    /// <summary>The next outcome to be delivered, in the order in which they came.</summary>
    internal bool TryTakeOutcome([MaybeNullWhen(false)] out RequestState request) => outcomes.TryDequeue(out request);

    private void Conclude(RequestState request)
    {
        request.Conclude();
        outcomes.Enqueue(request);
    }
}
