using Akka.Actor;
using DmIo.Actors.Devices;
using DmIo.Actors.Protocol;
using DmIo.Actors.Scheduling;
using DmIo.Actors.Telemetry;
using DmIo.Io;
using DmIo.Memory;
using static DmIo.Actors.Protocol.DeviceProtocol;
using static DmIo.Actors.Protocol.IoProtocol;

namespace DmIo.Actors.Requests;

/// <summary>
/// One accepted request: its device I/O and outcome for each region. The number of outstanding answers is fixed before
/// the first is sent (Linux dm-io: the extra reference). Reused for later requests, together with its device I/Os, so
/// that a request allocates nothing. Not thread-safe.
/// <code>
///   region: (skipped)                       count 0 and not a flush: its bit stays clear (R4)
///   region: open ---Complete--> settled
///             +---EndEarly----> settled     its memory is not used, or the device had finished it already
///             +---EndEarly----> held --Complete--> settled     answered while a device still uses its memory (R23)
/// </code>
/// The request is complete when no region is open, and over when none is held either.
/// </summary>
internal sealed class RequestState : ILinked<RequestState>
{
    private const int SectorsPerPage = Page.SizeBytes / Sector.SizeBytes;

    private RequestRegion[] ios = [];
    private IoRequest request = null!; // set by Begin, before anything else is called
    private IActorRef replyTo = null!; // set by Begin
    private readonly RequestOutcome outcome = new();
    private RequestTrace? trace;
    private ErrorBits present;
    private ErrorBits open;
    private ErrorBits held;
    private int due;
    private bool isReusable;

    /// <summary>Starts a new request.</summary>
    /// <param name="begun">Validated by <see cref="RequestRules"/>. Its own list of regions is not read.</param>
    /// <param name="regions">The regions of the request; copied.</param>
    /// <param name="outcomeTo">The receiver of the outcome, if the request has no completion.</param>
    /// <param name="owner">The request actor, which devices answer, and its lease.</param>
    /// <param name="bouncePages">The bounce pages for devices that cannot transfer the memory directly.</param>
    internal RequestState Begin(
        IoRequest begun,
        ReadOnlySpan<IoRegion> regions,
        IActorRef outcomeTo,
        in RequestOwner owner,
        long bouncePages = 0)
    {
        Invariant.Require(due == 0 && IsOver);
        request = begun;
        replyTo = outcomeTo;
        outcome.Clear();
        present = open = held = ErrorBits.None;
        IsDelivered = false;
        isReusable = begun.Deadline is null;
        RegionCount = regions.Length;
        EnsureIos(regions.Length);
        var largest = 0L;
        for (var index = 0; index < regions.Length; index++)
        {
            ref readonly var region = ref regions[index];
            if (region.Count.Value > 0 || !begun.Operation.HasRange())
            {
                ios[index].Begin(begun, region, owner);
                ios[index].Device = null;
                present = present.With(index);
                largest = Math.Max(largest, region.Count.Value);
            }
        }

        open = present;
        DataSectors = begun.Memory is null ? 0 : largest;
        Pages = begun.Memory is null ? 1 : Math.Max(1, PagesOf(largest)) + bouncePages;
        return this;
    }

    /// <summary>The index in the ledger's list of dispatched requests; -1: not dispatched. Only the ledger uses
    /// it.</summary>
    internal int DispatchedAt { get; set; } = -1;

    /// <summary>
    /// The number of pages in I/O: the largest region, rounded up, at least 1; plus the bounce pages.
    /// </summary>
    internal long Pages { get; private set; }

    /// <summary>The pages of the lease's credit in use; 0 before admission. Only <see cref="RequestAdmission"/> uses
    /// this property and those below.</summary>
    internal int Charge { get; set; }

    /// <summary>The charge counts as quarantined.</summary>
    internal bool IsQuarantined { get; set; }

    /// <summary>The request waits for credit.</summary>
    internal bool IsWaiting { get; set; }

    public RequestState? Previous { get; set; }

    public RequestState? Next { get; set; }

    /// <summary>The sectors of the largest region; 0 if the operation transfers no data.</summary>
    internal long DataSectors { get; private set; }

    /// <summary>True if this is the request of the completion, and not a later one.</summary>
    internal bool IsOf(IIoCompletion completion) => ReferenceEquals(request?.Completion, completion);

    /// <summary>The outcome is a message, not a call.</summary>
    internal bool IsAnsweredByMessage => request.Completion is null;

    internal TimeSpan? Deadline => request.Deadline;

    internal int RegionCount { get; private set; }

    /// <summary>Regions without an outcome.</summary>
    internal ErrorBits Open => open;

    /// <summary>Regions that have an outcome though a device still uses their memory.</summary>
    internal ErrorBits Held => held;

    /// <summary>Every region has an outcome; the request may be answered.</summary>
    internal bool IsComplete => open.IsEmpty;

    /// <summary>No device has or will get I/O of the request.</summary>
    internal bool IsOver => open.IsEmpty && held.IsEmpty;

    /// <summary>The outcome is fixed; it was delivered or is about to be.</summary>
    internal bool IsAnswered => outcome.Done is not null;

    /// <summary>
    /// The state can be reused: no other object refers to it. False for a request that ended early, whose device died,
    /// or that has a deadline: one of its messages may still be in a mailbox.
    /// </summary>
    internal bool IsReusable => isReusable && due == 0 && IsDelivered && IsOver;

    private bool IsDelivered { get; set; }

    /// <summary>Delivery runs code of the caller, which may be slow.</summary>
    internal bool RunsCallersCode => request.Completion is not null;

    /// <summary>The outcome. Only after <see cref="Conclude"/>.</summary>
    internal IoResult Result => outcome.Done!.Result;

    /// <summary>The number of pages of a region's data.</summary>
    internal static long PagesOf(long sectors) => (sectors + SectorsPerPage - 1) / SectorsPerPage;

    /// <summary>The I/O of a region; null: the region is skipped.</summary>
    internal RequestRegion? this[int index] => present[index] ? ios[index] : null;

    /// <summary>
    /// Adds the slow devices that have not finished a region of the request. Lowers <paramref name="next"/> to the time
    /// at which the first of its other devices becomes slow.
    /// </summary>
    /// <returns>True if there are any.</returns>
    internal bool FindSlowDevices(HashSet<string> devices, TimeSpan now, ref TimeSpan next)
    {
        var isAtSlow = false;
        foreach (var index in new ErrorBits(open.Value | held.Value))
        {
            if (ios[index].Device is { } device)
            {
                var slowAt = device.SlowAt ?? now + device.SlowAfter;
                if (slowAt < now)
                {
                    isAtSlow = true;
                    devices.Add(device.Name);
                }
                else if (slowAt < next)
                {
                    next = slowAt;
                }
            }
        }

        return isAtSlow;
    }

    /// <summary>Traces the request: the spans end with the outcomes of the regions and of the request.</summary>
    internal void Trace(RequestTrace? spans) => trace = spans;

    /// <summary>The region is about to be sent, or to fail because its device is missing.</summary>
    internal void TraceRegion(DeviceIo io) => trace?.SendRegion(io);

    /// <summary>The region is sent to this device; an answer is outstanding.</summary>
    internal DeviceIo Send(int index, DeviceEntry device)
    {
        due++;
        ios[index].Device = device;
        return ios[index];
    }

    /// <summary>The device has answered, with any status.</summary>
    /// <returns>False: it holds the memory; <see cref="DeviceReleased"/> must follow.</returns>
    internal bool Answered(int index, in IoStatus status)
    {
        if (ios[index].Detail is { } detail && open[index])
        {
            outcome.Set(index, detail, RegionCount);
        }

        if (ios[index].IsHeld)
        {
            CompleteHeld(index, status);
            return false;
        }

        due--;
        Complete(index, status);
        return true;
    }

    /// <summary>The device has released the memory of a region after its answer.</summary>
    internal void DeviceReleased(int index)
    {
        due--;
        held = Without(held, index);
        outcome.NoteReleased(index, ios[index].Held!);
    }

    /// <summary>Gives an open region its outcome, or ends a held one, whose outcome is fixed. Does nothing if the
    /// region is settled.</summary>
    internal void Complete(int index, in IoStatus status)
    {
        if (open[index])
        {
            open = Without(open, index);
            outcome.Set(index, status, RegionCount, ios[index].Region.Device);
            trace?.RegionEnded(index, status);
        }
        else
        {
            held = Without(held, index);
        }
    }

    /// <summary>Fails an open region that was withdrawn or not sent, so that its memory is not in use.</summary>
    internal void FailUntouched(int index, in IoStatus status)
    {
        ios[index].ZeroFillRead();
        Complete(index, status);
    }

    /// <summary>Fails I/O that this dead device has not issued. Issued I/O is still answered.</summary>
    internal void DeviceDied(IActorRef device, in IoStatus status)
    {
        isReusable = false;
        foreach (var index in open)
        {
            if (device.Equals(ios[index].Device?.Actor) && ios[index].TryWithdraw())
            {
                FailUntouched(index, status);
            }
        }
    }

    /// <summary>
    /// Gives every open region an outcome now. I/O that no device has begun is withdrawn; I/O in flight becomes held.
    /// </summary>
    /// <param name="status">The outcome.</param>
    /// <param name="device">Only the regions of this device; null: all regions.</param>
    internal void EndEarly(in IoStatus status, string? device = null)
    {
        isReusable = false;
        foreach (var index in open)
        {
            var io = ios[index];
            if (device is not null && !string.Equals(io.Region.Device, device, StringComparison.Ordinal))
            {
                continue;
            }

            if (io.TryWithdraw())
            {
                io.Device?.Actor.Tell(new DeviceIoWithdrawn(io), ActorRefs.NoSender);
                FailUntouched(index, status);
            }
            else if (io.IsAnswered && !io.IsHeld)
            {
                Complete(index, io.Status);
            }
            else
            {
                CompleteHeld(index, io.IsAnswered ? io.Status : status);
            }
        }
    }

    /// <summary>
    /// Gives every open region this outcome. Only before any is sent. Does not touch the memory, even that of a read:
    /// the caller no longer waits, and may reuse it.
    /// </summary>
    internal void Withdraw(in IoStatus status)
    {
        Invariant.Require(due == 0);
        isReusable = false;
        foreach (var index in open)
        {
            ios[index].TryWithdraw();
            Complete(index, status);
        }
    }

    /// <summary>Called as the request actor stops: the I/O of held and open regions releases the pin instead of sending
    /// a message.</summary>
    internal void Abandon(LeasePin pin)
    {
        isReusable = false;
        var left = held.Count;
        foreach (var index in held)
        {
            pin.Add();
            ios[index].Abandon(() =>
            {
                pin.Release();
                if (Interlocked.Decrement(ref left) == 0)
                {
                    outcome.Released();
                }
            });
        }
    }

    /// <summary>No device uses the memory of the answered request any more.</summary>
    internal void Released()
    {
        request.Completion?.Released();
        outcome.Released();
    }

    /// <summary>Fixes the outcome. Once, when the request is answerable.</summary>
    internal void Conclude()
    {
        Invariant.Require(IsComplete && !IsAnswered);
        outcome.Conclude(RegionCount, request.Context, held);
        if (trace is not null)
        {
            trace.End(Result);
            trace = null;
        }
    }

    /// <summary>Delivers the outcome. Once, as the last step of the request (R11).</summary>
    internal void Deliver(IActorRef sender)
    {
        IsDelivered = true;
        if (request.Completion is { } completion)
        {
            completion.Done(Result);
        }
        else
        {
            replyTo.Tell(outcome.Done!, sender);
        }
    }

    /// <summary>Clears all references to the caller's objects, until the next <see cref="Begin"/>.</summary>
    internal void Forget()
    {
        foreach (var index in present)
        {
            ios[index].Forget();
            ios[index].Device = null;
        }

        request = null!; // as before the first Begin
        replyTo = ActorRefs.Nobody;
        outcome.Clear();
    }

    private void EnsureIos(int count)
    {
        var first = ios.Length;
        Array.Resize(ref ios, Math.Max(first, count));
        for (var index = first; index < count; index++)
        {
            ios[index] = new RequestRegion(this, index);
        }
    }

    /// <summary>The region has an outcome, though a device may access its memory.</summary>
    private void CompleteHeld(int index, in IoStatus status)
    {
        isReusable = false;
        Complete(index, status);
        held = held.With(index);
    }

    private static ErrorBits Without(ErrorBits bits, int index) => new(bits.Value & ~(1UL << index));
}
