using System.Diagnostics.CodeAnalysis;
using DmIo.Actors.Protocol;
using DmIo.Actors.Scheduling;
using DmIo.Io;

namespace DmIo.Actors.Requests;

/// <summary>
/// A lease's credit (R19, R23). Requests that fit are admitted in arrival order; a request that does not fit blocks
/// all later ones, so a large one is not starved. Exceptions:
/// <list type="bullet">
/// <item>A request that names a slow device which has pages of the lease waits for this device: it blocks only requests
/// that name the device too, or that overlap the blocked request (R20). It may wait as long as other requests use the
/// credit.</item>
/// <item>A request larger than the lease's pages is charged all of them: it runs alone.</item>
/// </list>
/// The pages of a request that was answered at its deadline are quarantined until the devices release them. They remain
/// charged; pages that the pool lends replace them. The pool also lends for pages in use at slow devices while requests
/// for other devices wait; requests that wait for slow devices do not get these pages. Not thread-safe. A call costs
/// O(1) if no device is slow, otherwise O(waiting requests).
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>0 &lt;= Quarantined &lt;= InUse &lt;= granted pages + Lent.</item>
/// <item>InUse is the sum of the charges of admitted requests that were not returned.</item>
/// </list>
/// </remarks>
internal sealed class RequestAdmission(int pages)
{
    /// <summary>For <see cref="TryAdmitPastSlow"/>: slow devices that requests wait for, and waiting requests that
    /// later requests may pass at other devices.</summary>
    private readonly HashSet<string> blockedDevices = new(StringComparer.Ordinal);
    private readonly List<RequestState> passed = [];
    private readonly IntrusiveList<RequestState> waiting = new();
    private bool isShort;

    /// <summary>Slow devices that have requests of the lease, as of the last search. Slow devices without requests of
    /// the lease are left out: they have no effect, and the lease would not notice when they recover.</summary>
    internal HashSet<string> SlowDevices { get; } = new(StringComparer.Ordinal);

    /// <summary>Pages charged to requests that were admitted and not returned.</summary>
    internal int InUse { get; private set; }

    /// <summary>Of these, pages of answered requests whose memory a device still uses.</summary>
    internal int Quarantined { get; private set; }

    /// <summary>Of these, pages of unanswered requests at slow devices, as of the last search.</summary>
    internal int AtSlowDevices { get; private set; }

    /// <summary>Pages that the pool lent.</summary>
    internal int Lent { get; private set; }

    /// <summary>Pages that unanswered requests may have in use; less than granted if quarantined pages are not
    /// replaced.</summary>
    internal int Credit => pages + Lent - Quarantined;

    /// <summary>The lease accepts no further requests.</summary>
    internal bool IsClosed { get; set; }

    /// <summary>The total number of pages that the pool should lend.</summary>
    internal int Wanted => IsClosed && waiting.First is null ? 0 : Quarantined + (isShort ? AtSlowDevices : 0);

    /// <summary>Lent pages that are neither wanted nor in use.</summary>
    internal int Returnable => Math.Max(0, Lent - Math.Max(Wanted, InUse - pages));

    /// <summary>No request waits, and every admitted request was returned.</summary>
    internal bool IsEmpty => InUse == 0 && waiting.First is null;

    /// <summary>The number of waiting requests.</summary>
    internal int Waiting => waiting.Count;

    internal void Add(RequestState request)
    {
        waiting.AddLast(request);
        request.IsWaiting = true;
    }

    /// <summary>Removes a request that is admitted, or that was answered while it waited.</summary>
    internal void Remove(RequestState request)
    {
        Invariant.Require(request.IsWaiting);
        waiting.Remove(request);
        request.IsWaiting = false;
    }

    /// <summary>Admits the next request that fits.</summary>
    internal bool TryAdmit([MaybeNullWhen(false)] out RequestState request)
    {
        if (SlowDevices.Count > 0)
        {
            return TryAdmitPastSlow(out request);
        }

        request = waiting.First;
        return request is not null && TryCharge(request, namesSlow: false);
    }

    /// <summary>The request is answered, and a device still uses its memory.</summary>
    internal void Quarantine(RequestState request)
    {
        Invariant.Require(!request.IsQuarantined);
        request.IsQuarantined = true;
        Quarantined += request.Charge;
        CheckInvariants();
    }

    /// <summary>Returns the credit of an admitted request that no device uses any longer.</summary>
    internal void Return(RequestState request)
    {
        InUse -= request.Charge;
        if (request.IsQuarantined)
        {
            request.IsQuarantined = false;
            Quarantined -= request.Charge;
        }

        request.Charge = 0;
        CheckInvariants();
    }

    /// <summary>The pool lends additional pages.</summary>
    internal void Lend(int lent)
    {
        Lent += lent;
        CheckInvariants();
    }

    /// <summary>Returns lent pages to the pool.</summary>
    internal void GiveBack(int returned)
    {
        Lent -= returned;
        CheckInvariants();
    }

    /// <summary>Sets the number of pages in use at slow devices. If it is 0, no pages are borrowed for them; if no
    /// request waits either, slow devices have no effect.</summary>
    internal void CountAtSlowDevices(int count)
    {
        AtSlowDevices = count;
        isShort &= count > 0;
        if (!isShort && waiting.First is null)
        {
            SlowDevices.Clear();
        }
    }

    /// <summary>Removes the first waiting request without admitting it, for the end of the lease.</summary>
    internal bool TryRemove([MaybeNullWhen(false)] out RequestState request)
    {
        request = waiting.First;
        if (request is null)
        {
            return false;
        }

        Remove(request);
        return true;
    }

    /// <exception cref="InvariantViolationException">An invariant of the class is violated: a bug.</exception>
    internal void CheckInvariants()
    {
        Invariant.Require(Quarantined >= 0 && Quarantined <= InUse);
        Invariant.Require(Lent >= 0 && InUse <= pages + Lent);
    }

    private bool TryAdmitPastSlow([MaybeNullWhen(false)] out RequestState request)
    {
        blockedDevices.Clear();
        passed.Clear();
        for (request = waiting.First; request is not null; request = request.Next)
        {
            var namesSlow = Names(request, SlowDevices);
            if (!(namesSlow && Names(request, blockedDevices)) && !OverlapsPassed(request))
            {
                if (TryCharge(request, namesSlow))
                {
                    return true;
                }

                if (!namesSlow)
                {
                    isShort = true;
                    return false;
                }
            }

            Pass(request);
        }

        return false;
    }

    /// <summary>The request remains waiting, and later ones may pass it, except those that name one of its slow
    /// devices; so only its other regions are compared with theirs.</summary>
    private void Pass(RequestState request)
    {
        var isOnOthers = false;
        for (var index = 0; index < request.RegionCount; index++)
        {
            if (request[index] is not { } io)
            {
                continue;
            }

            if (SlowDevices.Contains(io.Region.Device))
            {
                blockedDevices.Add(io.Region.Device);
            }
            else
            {
                isOnOthers = true;
            }
        }

        if (isOnOthers)
        {
            passed.Add(request);
        }
    }

    private static bool Names(RequestState request, HashSet<string> devices)
    {
        for (var index = 0; index < request.RegionCount; index++)
        {
            if (request[index] is { } io && devices.Contains(io.Region.Device))
            {
                return true;
            }
        }

        return false;
    }

    private bool OverlapsPassed(RequestState request)
    {
        foreach (var earlier in passed)
        {
            for (var index = 0; index < request.RegionCount; index++)
            {
                if (request[index] is { } io && Overlaps(earlier, io))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>True if a region overlaps the request, and one of the two changes sectors: their order matters (R20).
    /// Never for a flush, which covers completed writes.</summary>
    private static bool Overlaps(RequestState earlier, DeviceIo later)
    {
        for (var index = 0; index < earlier.RegionCount; index++)
        {
            if (earlier[index] is { } io
                && io.Operation.Kind.HasRange() && later.Operation.Kind.HasRange()
                && (io.Operation.Kind.ChangesSectors() || later.Operation.Kind.ChangesSectors())
                && io.Region.Overlaps(later.Region))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Lent pages that are no longer wanted are not charged, so that a busy lease returns them.</summary>
    private bool TryCharge(RequestState request, bool namesSlow)
    {
        var cost = (int)Math.Min(request.Pages, pages);
        var (usable, others) = namesSlow
            ? (Math.Min(Lent, Quarantined), InUse - Quarantined)
            : (Math.Min(Lent, Wanted), InUse - Quarantined - AtSlowDevices);
        var left = pages + usable - InUse;
        if (cost > left && others == 0)
        {
            // The request runs alone on a lease that has shrunk.
            cost = Math.Max(1, left);
        }

        if (cost > left)
        {
            return false;
        }

        Remove(request);
        request.Charge = cost;
        InUse += cost;
        return true;
    }
}
