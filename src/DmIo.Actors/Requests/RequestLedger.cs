using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using DmIo.Actors.Protocol;
using DmIo.Actors.Telemetry;
using DmIo.Io;

namespace DmIo.Actors.Requests;

/// <summary>
/// The requests of one lease, from acceptance to delivery. Not thread-safe.
/// <code>
///   Accept --> waiting --TryDispatch--> dispatched --answerable--> outcome --TryTakeOutcome--> (delivered)
///                 +-----Expire, Withdraw, StopWaiting----------------^
/// </code>
/// A request gets one outcome. A request that is answered while a device uses its memory stays dispatched, with its
/// pages quarantined, until it is over.
/// </summary>
internal sealed class RequestLedger(int pages)
{
    /// <summary>The number of request states kept for reuse; covers the requests in flight of a typical
    /// lease.</summary>
    private const int MaxIdle = 1024;

    private readonly RequestAdmission admission = new(pages);
    private readonly List<RequestState> dispatched = [];
    private readonly Stack<RequestState> idle = new();
    private readonly Queue<RequestState> outcomes = new();
    private int reportedQuarantined;
    private int reportedWanted;

    /// <summary>No request waits, and none is dispatched.</summary>
    internal bool IsIdle => dispatched.Count == 0 && admission.IsEmpty;

    /// <summary>Dispatched requests that are not over, including answered ones whose memory a device still
    /// uses.</summary>
    internal int InFlight => dispatched.Count;

    /// <summary>Credit in use by unanswered requests.</summary>
    internal int PagesInFlight => admission.InUse - admission.Quarantined;

    /// <summary>Credit of answered requests whose memory a device still uses.</summary>
    internal int PagesQuarantined => admission.Quarantined;

    /// <summary>Pages that the pool lent.</summary>
    internal int PagesLent => admission.Lent;

    /// <summary>The limit of pages that unanswered requests may have in flight now.</summary>
    internal int Credit => admission.Credit;

    /// <summary>The number of requests that wait for credit.</summary>
    internal int Waiting => admission.Waiting;

    /// <summary>The current values for the lease's counters.</summary>
    internal LeaseGauges Gauges => new(PagesInFlight, PagesQuarantined, PagesLent, Credit, InFlight, Waiting);

    /// <summary>True: slow devices have an effect, or had one at the last search, so the search must be
    /// repeated.</summary>
    internal bool HasSlowDevices => admission.SlowDevices.Count > 0 || admission.Lent > admission.Quarantined;

    /// <summary>A state to <see cref="RequestState.Begin"/>: a reused one, or a new one.</summary>
    internal RequestState NextState() => idle.TryPop(out var request) ? request : new RequestState();

    /// <summary>Accepts a request. A request that needs no device gets its outcome immediately, without
    /// waiting.</summary>
    internal void Accept(RequestState request)
    {
        if (request.IsComplete)
        {
            Conclude(request);
        }
        else
        {
            admission.Add(request);
        }
    }

    /// <summary>
    /// Finds the slow devices of the requests in flight, for <see cref="TryDispatch"/>. Costs O(requests in flight).
    /// </summary>
    /// <returns>The time when the next device of the requests in flight becomes slow, unless it completes its oldest
    /// operation before; <see cref="TimeSpan.MaxValue"/>: none becomes slow.</returns>
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

    /// <summary>True: the supervisor must be informed of changed credit. Rare: requests to devices that answer in time
    /// do not cause it.</summary>
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

    /// <summary>The lease accepts no further requests: lent pages that the waiting ones do not need are
    /// returned.</summary>
    internal void Close() => admission.IsClosed = true;

    /// <summary>The pool lends additional pages.</summary>
    internal void Lend(int lent) => admission.Lend(lent);

    /// <summary>Dispatches the next request that the credit allows. The caller sends it, then calls
    /// <see cref="Settle"/>.</summary>
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

    /// <summary>Gives a dispatched request its outcome if it is answerable; returns its credit if it is over, and
    /// quarantines the credit if it is only answered.</summary>
    internal void Settle(RequestState request)
    {
        if (request.IsComplete && !request.IsAnswered)
        {
            Conclude(request);
        }

        if (request.DispatchedAt < 0)
        {
            return;
        }

        if (request.IsOver)
        {
            var wasHeld = request.IsQuarantined;
            Remove(request);
            admission.Return(request);
            if (wasHeld)
            {
                request.Released();
            }
        }
        else if (request.IsAnswered && !request.IsQuarantined)
        {
            admission.Quarantine(request);
        }
    }

    /// <summary>A device has finished one region. If a deadline or the death of the device has settled the region
    /// already, this only ends it.</summary>
    /// <returns>False: the device holds the memory; <see cref="DeviceReleased"/> must follow.</returns>
    internal bool Answered(DeviceIo io)
    {
        var request = ((RequestRegion)io).Request;
        var isReleased = request.Answered(io.RegionIndex, io.Status);
        Settle(request);
        Recycle(request);
        return isReleased;
    }

    /// <summary>A device has released the memory of a region after its answer.</summary>
    internal void DeviceReleased(DeviceIo io)
    {
        var request = ((RequestRegion)io).Request;
        request.DeviceReleased(io.RegionIndex);
        Settle(request);
    }

    /// <summary>The outcome was delivered.</summary>
    internal void Delivered(RequestState request) => Recycle(request);

    /// <summary>Gives a request this outcome, unless it has one.</summary>
    internal void Expire(RequestState request, in IoStatus status)
    {
        if (request.IsAnswered)
        {
            return;
        }

        request.EndEarly(status);
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

    /// <summary>Gives the request of this completion this outcome if it waits for credit. Does nothing if it does not,
    /// or if it is not accepted yet.</summary>
    internal void Withdraw(ICancelableCompletion completion, in IoStatus status)
    {
        if (completion.Accepted is RequestState { IsWaiting: true } request && request.IsOf(completion))
        {
            request.Withdraw(status);
            admission.Remove(request);
            Conclude(request);
        }
    }

    /// <summary>The regions of a device that have no outcome get this one.</summary>
    internal void GiveUp(string device, in IoStatus status)
    {
        // Backwards: Settle removes requests that are over, and moves the last one into the free place.
        for (var index = dispatched.Count - 1; index >= 0; index--)
        {
            var request = dispatched[index];
            if (!request.IsAnswered)
            {
                request.EndEarly(status, device);
                Settle(request);
            }
        }
    }

    /// <summary>I/O that this device has not issued gets this status.</summary>
    internal void DeviceDied(IActorRef device, in IoStatus status)
    {
        // Backwards: Settle removes requests that are over, and moves the last one into the free place.
        for (var index = dispatched.Count - 1; index >= 0; index--)
        {
            dispatched[index].DeviceDied(device, status);
            Settle(dispatched[index]);
        }
    }

    /// <summary>Requests that wait for credit get this status.</summary>
    internal void StopWaiting(in IoStatus status)
    {
        while (admission.TryRemove(out var request))
        {
            request.EndEarly(status);
            Conclude(request);
        }
    }

    /// <summary>Ends all requests: each gets an outcome; the pin holds the I/O that devices still have. True: devices
    /// have I/O.</summary>
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

    /// <summary>The next outcome to deliver, in the order of the outcomes.</summary>
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
