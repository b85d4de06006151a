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

/// <summary>One region of a request, as its request actor knows it.</summary>
internal sealed class RequestRegion(RequestState request, int index) : DeviceIo(index)
{
    internal RequestState Request { get; } = request;

    /// <summary>The device that it was sent to; null before.</summary>
    internal DeviceEntry? Device { get; set; }
}

/// <summary>
/// One accepted request: its device I/O, region by region, and what became of each. How many answers it waits for is
/// fixed before the first is sent, which does the work of dm-io's extra reference. Used again for request after
/// request, with its device I/Os, so that a request allocates nothing. Plain, single owner.
/// <code>
///   region: (skipped)                       count 0 and not a flush: its bit stays clear (R4)
///   region: open ---Complete--> settled
///             +-----Cut-------> settled     nobody will touch its memory, or the device was done with it already
///             +-----Cut-------> held --Complete--> settled     answered, though a device has its memory still (R23)
/// </code>
/// The request is answered when none is open, and over when none is held either.
/// </summary>
internal sealed class RequestState : ILinked<RequestState>
{
    private const int SectorsPerPage = Page.SizeBytes / Sector.SizeBytes;

    private static readonly IoDone[] AllWell =
        [.. Enumerable.Range(0, ErrorBits.Capacity + 1).Select(count => new IoDone(new IoResult(count)))];

    private RequestRegion[] ios = [];
    private IoRequest request = null!; // set by Begin, before anything else is called
    private IActorRef replyTo = null!; // set by Begin
    private IoStatus[]? statuses;
    private IoDone? done;
    private RequestTrace? trace;
    private ErrorBits present;
    private ErrorBits open;
    private ErrorBits held;
    private int due;
    private bool isReusable;

    /// <summary>Makes it a new request.</summary>
    /// <param name="begun">Checked by <see cref="RequestRules"/>. Its own list of regions is not looked at.</param>
    /// <param name="regions">The regions of the request; copied.</param>
    /// <param name="outcomeTo">Who gets the outcome, where no completion does.</param>
    /// <param name="owner">The request actor, to whom devices answer, and its lease.</param>
    /// <param name="bouncePages">How many pages its data goes through on its way to devices that can't take it as it
    /// lies.</param>
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
        statuses = null;
        done = null;
        present = open = held = ErrorBits.None;
        IsDelivered = false;
        isReusable = begun.Deadline is null;
        RegionCount = regions.Length;
        EnsureIos(regions.Length);
        var largest = 0L;
        for (var index = 0; index < regions.Length; index++)
        {
            ref readonly var region = ref regions[index];
            if (region.Count.Value > 0 || begun.Operation == IoOperation.Flush)
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

    /// <summary>Where it is in its ledger's list of what was dispatched; -1: it is not. The ledger's own
    /// field.</summary>
    internal int DispatchedAt { get; set; } = -1;

    /// <summary>
    /// How many pages are in I/O for it: its largest region, rounded up, at least 1; and those that its data goes
    /// through.
    /// </summary>
    internal long Pages { get; private set; }

    /// <summary>Pages of its lease's credit that it has; 0 before it is admitted. This property and those below are
    /// <see cref="RequestAdmission"/>'s own.</summary>
    internal int Charge { get; set; }

    /// <summary>Its charge counts as quarantined.</summary>
    internal bool IsQuarantined { get; set; }

    /// <summary>It waits for credit.</summary>
    internal bool IsWaiting { get; set; }

    public RequestState? Previous { get; set; }

    public RequestState? Next { get; set; }

    /// <summary>Sectors of its data, those of its largest region; 0 where it carries none.</summary>
    internal long DataSectors { get; private set; }

    /// <summary>It is the request of this completion, and not a later one.</summary>
    internal bool IsOf(IIoCompletion completion) => ReferenceEquals(request?.Completion, completion);

    /// <summary>Its outcome is a message, not a call.</summary>
    internal bool IsAnsweredByMessage => request.Completion is null;

    internal TimeSpan? Deadline => request.Deadline;

    internal int RegionCount { get; private set; }

    /// <summary>Regions without an outcome.</summary>
    internal ErrorBits Open => open;

    /// <summary>Regions whose outcome is given though a device still has their memory.</summary>
    internal ErrorBits Held => held;

    /// <summary>Every region has an outcome; the request may be answered.</summary>
    internal bool IsAnswerable => open.IsEmpty;

    /// <summary>No device has, or will have, anything of it.</summary>
    internal bool IsOver => open.IsEmpty && held.IsEmpty;

    /// <summary>It is answered, or about to be; nothing changes that.</summary>
    internal bool IsAnswered => done is not null;

    /// <summary>
    /// Nobody has it or will get it any more: it may begin anew. A request that was cut, or whose device died, or
    /// that
    /// has a deadline, never is: something of it may lie in a mailbox.
    /// </summary>
    internal bool IsReusable => isReusable && due == 0 && IsDelivered && IsOver;

    private bool IsDelivered { get; set; }

    /// <summary>To deliver it runs code that is not ours, and may take its time.</summary>
    internal bool RunsCallersCode => request.Completion is not null;

    /// <summary>The outcome, once it is concluded.</summary>
    internal IoResult Result => done!.Result;

    /// <summary>How many pages a region's data takes.</summary>
    internal static long PagesOf(long sectors) => (sectors + SectorsPerPage - 1) / SectorsPerPage;

    /// <summary>What is to be sent for a region; null: nothing.</summary>
    internal RequestRegion? this[int index] => present[index] ? ios[index] : null;

    /// <summary>
    /// Adds the slow devices that are not done with a region of it. <paramref name="next"/> becomes the time at which
    /// the first of its other devices will be slow, if that is earlier.
    /// </summary>
    /// <returns>There are some.</returns>
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

    /// <summary>Somebody listens: its spans end with its regions' outcomes, and its own.</summary>
    internal void Trace(RequestTrace? spans) => trace = spans;

    /// <summary>The region is about to be sent, or to fail for want of its device.</summary>
    internal void TraceRegion(DeviceIo io) => trace?.SendRegion(io);

    /// <summary>The region goes to this device; an answer is due.</summary>
    internal DeviceIo Send(int index, DeviceEntry device)
    {
        due++;
        ios[index].Device = device;
        return ios[index];
    }

    /// <summary>The device's answer came, whatever it says.</summary>
    internal void Answered(int index, in IoStatus status)
    {
        due--;
        Complete(index, status);
    }

    /// <summary>The outcome of an open region; or the end of a held one, whose outcome is given. Nothing where it is
    /// settled.</summary>
    internal void Complete(int index, in IoStatus status)
    {
        if (open[index])
        {
            open = Without(open, index);
            Set(index, status);
            trace?.RegionEnded(index, status);
        }
        else
        {
            held = Without(held, index);
        }
    }

    /// <summary>Fails an open region that was not sent, or that was withdrawn: nobody has its memory.</summary>
    internal void FailUntouched(int index, in IoStatus status)
    {
        ios[index].ZeroFillRead();
        Complete(index, status);
    }

    /// <summary>What lies unissued at this device, which died, is gone. What it issued is still answered.</summary>
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
    /// Gives every open region an outcome now. What a device has not begun is withdrawn; what it has begun becomes
    /// held.
    /// </summary>
    internal void Cut(in IoStatus status)
    {
        isReusable = false;
        foreach (var index in open)
        {
            var io = ios[index];
            if (io.TryWithdraw())
            {
                io.Device?.Actor.Tell(new DeviceIoWithdrawn(io), ActorRefs.NoSender);
                FailUntouched(index, status);
            }
            else if (io.IsAnswered)
            {
                Complete(index, io.Status);
            }
            else
            {
                Complete(index, status);
                held = held.With(index);
            }
        }
    }

    /// <summary>
    /// Gives every open region this outcome. Only before any is sent. The memory is not touched, not even that of a
    /// read: the caller does not wait any more, and may use it.
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

    /// <summary>The request actor's last moment: what is held, or still open, will release the pin instead of being
    /// told.</summary>
    internal void Abandon(LeasePin pin)
    {
        isReusable = false;
        foreach (var index in held)
        {
            pin.Add();
            if (!ios[index].TryAbandon(pin.Release))
            {
                pin.Release();
            }
        }
    }

    /// <summary>Fixes the outcome. Once, when it is answerable.</summary>
    internal void Conclude()
    {
        Invariant.Require(IsAnswerable && !IsAnswered);
        done = statuses is null && held.IsEmpty && request.Context is null
            ? AllWell[RegionCount]
            : new IoDone(NewResult());
        if (trace is not null)
        {
            trace.End(Result);
            trace = null;
        }
    }

    /// <summary>Hands the outcome over. Once, the last that is done for the request (R11).</summary>
    internal void Deliver(IActorRef sender)
    {
        IsDelivered = true;
        if (request.Completion is { } completion)
        {
            completion.Done(Result);
        }
        else
        {
            replyTo.Tell(done!, sender);
        }
    }

    /// <summary>Lets go of all that is the caller's, until it begins anew.</summary>
    internal void Forget()
    {
        foreach (var index in present)
        {
            ios[index].Forget();
            ios[index].Device = null;
        }

        request = null!; // as before the first Begin
        replyTo = ActorRefs.Nobody;
        statuses = null;
        done = null;
    }

    private void EnsureIos(int count)
    {
        var length = ios.Length;
        if (length < count)
        {
            Array.Resize(ref ios, count);
            for (var index = length; index < count; index++)
            {
                ios[index] = new RequestRegion(this, index);
            }
        }
    }

    private static ErrorBits Without(ErrorBits bits, int index) => new(bits.Value & ~(1UL << index));

    private IoResult NewResult() => statuses is null
        ? new IoResult(RegionCount, request.Context)
        : new IoResult(statuses, request.Context, bufferHeld: !held.IsEmpty);

    private void Set(int index, in IoStatus status)
    {
        if (!status.IsOk)
        {
            statuses ??= new IoStatus[RegionCount];
            statuses[index] = Named(status, ios[index].Region.Device);
        }
    }

    /// <summary>What failed names its device: the text alone, in a log, says where to look.</summary>
    private static IoStatus Named(in IoStatus status, string device) =>
        status.Failure is not { } failure || failure.Message.Contains(device, StringComparison.Ordinal)
            ? status
            : status with { Failure = failure with { Message = $"'{device}': {failure.Message}" } };
}
