using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using DmIo.Actors.Protocol;
using DmIo.Actors.Telemetry;
using DmIo.Io;

namespace DmIo.Actors.Requests;

/// <summary>
/// The requests of one lease, from acceptance to delivery. Plain, single owner.
/// <code>
///   Accept --> waiting --TryDispatch--> dispatched --answerable--> outcome --TryTakeOutcome--> (delivered)
///                 +-----Expire, Withdraw, StopWaiting----------------^
/// </code>
/// A request gets one outcome. One that is answered while a device has its memory stays dispatched, its pages
/// quarantined, until it is over.
/// </summary>
internal sealed class RequestLedger(int pages)
{
    /// <summary>Requests kept for reuse: what a lease of usual size has in flight.</summary>
    private const int MaxIdle = 1024;

    private readonly RequestAdmission admission = new(pages);
    private readonly List<RequestState> dispatched = [];
    private readonly Stack<RequestState> idle = new();
    private readonly Queue<RequestState> outcomes = new();
    private int reportedQuarantined;
    private int reportedWanted;

    /// <summary>Nothing waits, and no device has anything.</summary>
    internal bool IsIdle => dispatched.Count == 0 && admission.IsEmpty;

    /// <summary>Requests that devices have, or had until they were cut.</summary>
    internal int InFlight => dispatched.Count;

    /// <summary>Credit that unanswered requests hold.</summary>
    internal int PagesInFlight => admission.InUse - admission.Quarantined;

    /// <summary>Credit of answered requests whose memory a device still has.</summary>
    internal int PagesQuarantined => admission.Quarantined;

    /// <summary>Pages that the pool lent.</summary>
    internal int PagesLent => admission.Lent;

    /// <summary>The most pages that unanswered requests may have in flight now.</summary>
    internal int Credit => admission.Credit;

    /// <summary>How many wait for credit.</summary>
    internal int Waiting => admission.Waiting;

    /// <summary>The current values for the lease's counters.</summary>
    internal LeaseGauges Gauges => new(PagesInFlight, PagesQuarantined, PagesLent, Credit, InFlight, Waiting);

    /// <summary>Slow devices matter, or did when they were looked for last: it is time to look again.</summary>
    internal bool HasSlowDevices => admission.SlowDevices.Count > 0 || admission.Lent > admission.Quarantined;

    /// <summary>A request to <see cref="RequestState.Begin"/>: one that is done with, or a new one.</summary>
    internal RequestState NextState() => idle.TryPop(out var request) ? request : new RequestState();

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

    /// <summary>
    /// Looks which devices of the requests in flight are slow: for <see cref="TryDispatch"/>. Costs O(requests in
    /// flight).
    /// </summary>
    /// <returns>When another device of the requests in flight will be slow, unless it completes its oldest operation
    /// before; <see cref="TimeSpan.MaxValue"/>: none of them will be.</returns>
    internal TimeSpan FindSlowDevices(TimeSpan now)
    {
        admission.SlowDevices.Clear();
        var (next, atSlowDevices) = (TimeSpan.MaxValue, 0);
        foreach (var request in dispatched)
        {
            var isAtSlow = request.FindSlowDevices(admission.SlowDevices, now, ref next);
            atSlowDevices += isAtSlow && !request.IsAnswered ? request.Charge : 0;
        }

        admission.CountAtSlowDevices(atSlowDevices);
        return next;
    }

    /// <summary>What the supervisor has to know of the credit; false: nothing new. Rarely true: not on the path of
    /// requests to devices that answer in time.</summary>
    internal bool TryChangeCredit(out int quarantined, out int wanted, out int returned)
    {
        (quarantined, wanted, returned) = (admission.Quarantined, admission.Wanted, admission.Returnable);
        if (quarantined == reportedQuarantined && wanted == reportedWanted && returned == 0)
        {
            return false;
        }

        (reportedQuarantined, reportedWanted) = (quarantined, wanted);
        admission.GiveBack(returned);
        return true;
    }

    /// <summary>No further request comes: lent pages that the waiting ones do not need go back.</summary>
    internal void Close() => admission.IsClosed = true;

    /// <summary>The pool lends so many pages more.</summary>
    internal void Lend(int lent) => admission.Lend(lent);

    /// <summary>The next that the credit allows: to be sent, then <see cref="Settle"/>d.</summary>
    internal bool TryDispatch([MaybeNullWhen(false)] out RequestState request)
    {
        if (!admission.TryAdmit(out request))
        {
            return false;
        }

        request.DispatchedAt = dispatched.Count;
        dispatched.Add(request);
        return true;
    }

    /// <summary>Gives a dispatched request its outcome where it can be answered; its credit back where it is over, and
    /// into quarantine where it is only answered.</summary>
    internal void Settle(RequestState request)
    {
        if (request.IsAnswerable && !request.IsAnswered)
        {
            Conclude(request);
        }

        if (request.DispatchedAt < 0)
        {
            return;
        }

        if (request.IsOver)
        {
            Remove(request);
            admission.Return(request);
        }
        else if (request.IsAnswered && !request.IsQuarantined)
        {
            admission.Quarantine(request);
        }
    }

    /// <summary>A device is done with one region. Where a deadline, or the death of the device, settled that already,
    /// this is only the end of it.</summary>
    internal void Answered(DeviceIo io)
    {
        var request = ((RequestRegion)io).Request;
        request.Answered(io.RegionIndex, io.Status);
        Settle(request);
        Recycle(request);
    }

    /// <summary>The outcome was handed over.</summary>
    internal void Delivered(RequestState request) => Recycle(request);

    /// <summary>Gives a request its outcome now, unless it has one.</summary>
    internal void Expire(RequestState request, in IoStatus status)
    {
        if (request.IsAnswered)
        {
            return;
        }

        request.Cut(status);
        if (request.DispatchedAt >= 0)
        {
            Settle(request);
        }
        else
        {
            admission.Remove(request);
            Conclude(request);
        }
    }

    /// <summary>Gives the request of this completion its outcome now if it waits for credit. Otherwise, and where it
    /// was not accepted yet, nothing.</summary>
    internal void Withdraw(ICancelableCompletion completion, in IoStatus status)
    {
        if (completion.Accepted is RequestState { IsWaiting: true } request && request.IsOf(completion))
        {
            request.Withdraw(status);
            admission.Remove(request);
            Conclude(request);
        }
    }

    /// <summary>What lay unissued at this device has this status.</summary>
    internal void DeviceDied(IActorRef device, in IoStatus status)
    {
        // Backwards: Settle removes what is over, and puts the last into its place.
        for (var index = dispatched.Count - 1; index >= 0; index--)
        {
            dispatched[index].DeviceDied(device, status);
            Settle(dispatched[index]);
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

    /// <summary>The end: everything has its outcome; what a device has is left to the pin. True: a device has
    /// something.</summary>
    internal bool StopAll(in IoStatus status, LeasePin pin)
    {
        StopWaiting(status);
        var isHeld = false;
        for (var index = dispatched.Count - 1; index >= 0; index--)
        {
            var request = dispatched[index];
            Expire(request, status);
            request.Abandon(pin);
            isHeld |= !request.IsOver;
        }

        return isHeld;
    }

    /// <summary>The next outcome to be delivered, in the order in which they came.</summary>
    internal bool TryTakeOutcome([MaybeNullWhen(false)] out RequestState request) => outcomes.TryDequeue(out request);

    private void Remove(RequestState request)
    {
        var last = dispatched[^1];
        dispatched[request.DispatchedAt] = last;
        last.DispatchedAt = request.DispatchedAt;
        dispatched.RemoveAt(dispatched.Count - 1);
        request.DispatchedAt = -1;
    }

    private void Recycle(RequestState request)
    {
        if (request.IsReusable && idle.Count < MaxIdle)
        {
            request.Forget();
            idle.Push(request);
        }
    }

    private void Conclude(RequestState request)
    {
        request.Conclude();
        outcomes.Enqueue(request);
    }
}
