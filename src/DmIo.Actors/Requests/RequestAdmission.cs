using System.Diagnostics.CodeAnalysis;
using DmIo.Actors.Protocol;
using DmIo.Io;

namespace DmIo.Actors.Requests;

/// <summary>
/// A lease's credit (R19, R23). Requests that fit are admitted in arrival order; a request that does not fit blocks
/// all later ones, so a large one is not starved. Exceptions:
/// <list type="bullet">
/// <item>A request that names a slow device which has pages of the lease waits for this device: it blocks only
/// requests that name the device too, or that overlap the blocked request (R20). It may wait as long as others keep the
/// credit in use.</item>
/// <item>A request larger than the lease's pages is charged all of them: it runs when nothing else does.</item>
/// </list>
/// The pages of a request that was answered at its deadline are quarantined until the devices release them. They keep
/// their charge; pages that the pool lends replace it. The pool also lends for pages in use at slow devices, while
/// requests for other devices wait; requests that wait for slow devices do not get these. Plain, single owner. Costs
/// O(1) as long as no device is slow, otherwise O(waiting requests) a call.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>0 &lt;= Quarantined &lt;= InUse &lt;= granted pages + Lent.</item>
/// <item>InUse is the sum of the charges of what was admitted and not returned.</item>
/// </list>
/// </remarks>
internal sealed class RequestAdmission(int pages)
{
    /// <summary>Of <see cref="TryAdmitPastSlow"/>: slow devices that requests wait for, and requests that others may
    /// overlap at other devices.</summary>
    private readonly HashSet<string> blockedDevices = new(StringComparer.Ordinal);
    private readonly List<RequestState> passed = [];
    private RequestState? first;
    private RequestState? last;
    private bool isShort;

    /// <summary>Slow devices that have requests of the lease, as far as is known. Slow devices that have none do not
    /// matter, and the lease would not notice that they are slow no more.</summary>
    internal HashSet<string> SlowDevices { get; } = new(StringComparer.Ordinal);

    /// <summary>Pages charged to requests that were admitted and not returned.</summary>
    internal int InUse { get; private set; }

    /// <summary>Of these, pages of requests that are answered though a device has their memory.</summary>
    internal int Quarantined { get; private set; }

    /// <summary>Of these, pages of unanswered requests that wait for slow devices, as far as is known.</summary>
    internal int AtSlowDevices { get; private set; }

    /// <summary>Pages that the pool lent.</summary>
    internal int Lent { get; private set; }

    /// <summary>Pages that unanswered requests may have in use; fewer than were granted where quarantined ones are not
    /// replaced.</summary>
    internal int Credit => pages + Lent - Quarantined;

    /// <summary>No further request comes.</summary>
    internal bool IsClosed { get; set; }

    /// <summary>Pages that the pool should lend, in all.</summary>
    internal int Wanted => IsClosed && first is null ? 0 : Quarantined + (isShort ? AtSlowDevices : 0);

    /// <summary>Lent pages that are neither wanted nor in use.</summary>
    internal int Returnable => Math.Max(0, Lent - Math.Max(Wanted, InUse - pages));

    /// <summary>Nothing waits, nothing was admitted that was not returned.</summary>
    internal bool IsEmpty => InUse == 0 && first is null;

    /// <summary>How many wait.</summary>
    internal int Waiting { get; private set; }

    internal void Add(RequestState request)
    {
        request.PreviousWaiting = last;
        request.IsWaiting = true;
        if (last is null)
        {
            first = request;
        }
        else
        {
            last.NextWaiting = request;
        }

        last = request;
        Waiting++;
    }

    /// <summary>It was answered while it waited, or is admitted.</summary>
    internal void Remove(RequestState request)
    {
        Invariant.Require(request.IsWaiting);
        var (previous, next) = (request.PreviousWaiting, request.NextWaiting);
        if (previous is null)
        {
            first = next;
        }
        else
        {
            previous.NextWaiting = next;
        }

        if (next is null)
        {
            last = previous;
        }
        else
        {
            next.PreviousWaiting = previous;
        }

        request.PreviousWaiting = request.NextWaiting = null;
        request.IsWaiting = false;
        Waiting--;
    }

    /// <summary>Admits the next that may go.</summary>
    internal bool TryAdmit([MaybeNullWhen(false)] out RequestState request)
    {
        if (SlowDevices.Count > 0)
        {
            return TryAdmitPastSlow(out request);
        }

        request = first;
        return request is not null && TryCharge(request, namesSlow: false);
    }

    /// <summary>Its outcome is given, and a device has its memory.</summary>
    internal void Quarantine(RequestState request)
    {
        Invariant.Require(!request.IsQuarantined);
        request.IsQuarantined = true;
        Quarantined += request.Charge;
        CheckInvariants();
    }

    /// <summary>Gives back the credit of one that was admitted, once no device has anything of it.</summary>
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

    /// <summary>The pool lends more.</summary>
    internal void Lend(int lent)
    {
        Lent += lent;
        CheckInvariants();
    }

    /// <summary>Gives lent pages back to the pool.</summary>
    internal void GiveBack(int returned)
    {
        Lent -= returned;
        CheckInvariants();
    }

    /// <summary>So many pages are in use at slow devices. Where there are none, none are borrowed for them; where
    /// nothing waits either, slow devices do not matter.</summary>
    internal void CountAtSlowDevices(int count)
    {
        AtSlowDevices = count;
        isShort &= count > 0;
        if (!isShort && first is null)
        {
            SlowDevices.Clear();
        }
    }

    /// <summary>Takes the first that waits, without admitting it: for the end of the lease.</summary>
    internal bool TryRemove([MaybeNullWhen(false)] out RequestState request)
    {
        request = first;
        if (request is null)
        {
            return false;
        }

        Remove(request);
        return true;
    }

    /// <exception cref="InvariantViolationException">One of the class's is broken: a defect.</exception>
    internal void CheckInvariants()
    {
        Invariant.Require(Quarantined >= 0 && Quarantined <= InUse);
        Invariant.Require(Lent >= 0 && InUse <= pages + Lent);
    }

    private bool TryAdmitPastSlow([MaybeNullWhen(false)] out RequestState request)
    {
        blockedDevices.Clear();
        passed.Clear();
        for (request = first; request is not null; request = request.NextWaiting)
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

    /// <summary>It stays, and later ones may pass it; those that name one of its slow devices may not, so that only its
    /// other regions are compared with theirs.</summary>
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

    /// <summary>A region overlaps it, and one of the two changes sectors: their order matters (R20). Never so for a
    /// flush, which covers what has completed.</summary>
    private static bool Overlaps(RequestState earlier, DeviceIo later)
    {
        for (var index = 0; index < earlier.RegionCount; index++)
        {
            if (earlier[index] is { } io
                && io.Operation != IoOperation.Flush && later.Operation != IoOperation.Flush
                && !(io.Operation == IoOperation.Read && later.Operation == IoOperation.Read)
                && io.Region.Overlaps(later.Region))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Lent pages that are not wanted any more are not used again, or a busy lease would keep them.</summary>
    private bool TryCharge(RequestState request, bool namesSlow)
    {
        var cost = (int)Math.Min(request.Pages, pages);
        var (usable, others) = namesSlow
            ? (Math.Min(Lent, Quarantined), InUse - Quarantined)
            : (Math.Min(Lent, Wanted), InUse - Quarantined - AtSlowDevices);
        var left = pages + usable - InUse;
        if (cost > left && others == 0)
        {
            // Alone on a lease that has shrunk.
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
