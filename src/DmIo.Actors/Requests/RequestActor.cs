using Akka.Actor;
using Akka.Event;
using DmIo.Actors.Devices;
using DmIo.Actors.Protocol;
using DmIo.Actors.Telemetry;
using DmIo.Io;
using DmIo.Memory;
using static DmIo.Actors.Protocol.DeviceProtocol;
using static DmIo.Actors.Protocol.IoProtocol;
using static DmIo.Actors.Protocol.LeaseProtocol;

namespace DmIo.Actors.Requests;

/// <summary>
/// One lease's requests: checks them, admits them within the lease's credit, sends one <see cref="DeviceIo"/> for
/// each
/// region, and answers each request exactly once.
/// <code>
///   Open --CloseLease, AbandonLease--> Closing --nothing in flight--> stopped
/// </code>
/// However it stops, everything pending is answered, and the lease's pages are released when no device has any of
/// them.
/// </summary>
internal sealed class RequestActor : UntypedActor, IWithTimers
{
    private readonly PageLease lease;
    private readonly LeaseTerms terms;
    private readonly DeviceDirectory directory;
    private readonly IActorRef supervisor;
    private readonly RequestLedger ledger;
    private readonly LeaseCounters counters;
    private readonly HashSet<DeviceEntry> watched = [];
    private readonly DeviceIoBatches<IActorRef> outgoing = new();
    private readonly IoRegion[] snapshot = new IoRegion[ErrorBits.Capacity];
    private readonly ITimeProvider clock = Context.System.Scheduler;
    private bool drainingAnnounced;
    private bool isSendDue;
    private bool isSlownessDue;

    public RequestActor(
        PageLease lease, LeaseTerms terms, DeviceDirectory directory, LeaseCounters counters, IActorRef supervisor)
    {
        this.counters = counters;
        this.lease = lease;
        this.terms = terms;
        this.directory = directory;
        this.supervisor = supervisor;
        ledger = new RequestLedger(lease.Count);
    }

    public ITimerScheduler Timers { get; set; } = null!; // set by the runtime, as for every IWithTimers

    internal static Props Props(
        PageLease lease, LeaseTerms terms, DeviceDirectory directory, LeaseCounters counters, IActorRef supervisor) =>
        Akka.Actor.Props.Create(() => new RequestActor(lease, terms, directory, counters, supervisor));

    protected override void OnReceive(object message)
    {
        counters.Received();
        switch (message)
        {
            case IoRequest request:
                Accept(request);
                Settle();
                break;
            case CloseLease:
                Close();
                break;
            case AbandonLease:
                ledger.StopWaiting(Stopped("Its owner died before this was begun."));
                Close();
                break;
            default:
                GoOn(message);
                break;
        }
    }

    /// <summary>The end, however it came. What no device has begun is Stopped; what one has begun keeps the
    /// pages.</summary>
    protected override void PostStop()
    {
        var pin = new LeasePin(lease.Id, supervisor);
        if (ledger.StopAll(Stopped("It, or the service, was stopped before this was done."), pin))
        {
            AnnounceDraining();
        }

        DeliverOutcomes();
        pin.Release();
    }

    private void Closing(object message)
    {
        counters.Received();
        switch (message)
        {
            case IoRequest request:
                Refuse(request, IoRefusal.Stopped, $"{lease.Id} was put back, or the service stops.");
                break;
            case CloseLease or AbandonLease:
                break;
            default:
                GoOn(message);
                StopWhenIdle();
                break;
        }
    }

    /// <summary>What goes on in every state.</summary>
    private void GoOn(object message)
    {
        switch (message)
        {
            case DeviceDone done:
                Answered(done.Io);
                break;
            case SendOut:
                Send();
                return;
            case DeadlineReached deadline:
                ledger.Expire(deadline.Request, TimedOut(deadline.Request));
                break;
            case SlownessDue:
                isSlownessDue = false;
                break;
            case CreditLent credit:
                ledger.Lend(credit.Pages);
                break;
            case WithdrawRequest withdrawn:
                ledger.Withdraw(withdrawn.Completion, Canceled());
                break;
            case Terminated terminated:
                DeviceDied(terminated.ActorRef);
                break;
            default:
                Unhandled(message);
                return;
        }

        Settle();
    }

    private void Close()
    {
        Become(Closing);
        ledger.Close();
        Settle();
        StopWhenIdle();
    }

    private void StopWhenIdle()
    {
        if (ledger.IsIdle)
        {
            Context.Stop(Self);
        }
        else
        {
            AnnounceDraining();
        }
    }

    private void AnnounceDraining()
    {
        if (!drainingAnnounced)
        {
            drainingAnnounced = true;
            Context.System.EventStream.Publish(new ServiceEvents.LeaseDraining(lease.Id, lease.Count));
        }
    }

    private void Accept(IoRequest request)
    {
        if (CheckRoom(request) is { } full)
        {
            Refuse(request, IoRefusal.NoRoom, full);
            return;
        }

        if (RequestRules.Check(request, snapshot, directory, out var count, out var bouncePages) is { } fault)
        {
            Refuse(request, IoRefusal.BreaksRule, fault);
            return;
        }

        var regions = snapshot.AsSpan(0, count);
        var state = ledger.NextState().Begin(
            request, regions, ReplyTo(request), new RequestOwner(Self, lease.Id, terms.Weight), bouncePages);
        counters.Accepted(state.Pages);
        if (DmIoTracing.Source.HasListeners())
        {
            state.Trace(RequestTrace.Begin(request, count, lease.Id));
        }

        ledger.Accept(state);
        if (request.Completion is ICancelableCompletion completion)
        {
            completion.Accepted = state;
            if (completion.IsCanceled)
            {
                ledger.Withdraw(completion, Canceled());
            }
        }

        if (state.Deadline is { } deadline && !state.IsAnswered)
        {
            Timers.StartSingleTimer(state, new DeadlineReached(state), deadline);
        }
    }

    /// <summary>
    /// Refused here, not in the mailbox: a sender that asks for more than the lease can do gets an answer. The calls of
    /// a client wait instead, behind all that came before them: each has a caller that waits, or a callback.
    /// </summary>
    private string? CheckRoom(IoRequest request) =>
        ledger.Waiting < terms.MaxWaiting || request.WaitsForRoom
        ? null
        : $"{ledger.Waiting} requests of {lease.Id} wait for its {lease.Count} pages, and more may not "
            + "(dmio.leases.waiting-per-page); wait for outcomes, or get a larger lease.";

    private IoStatus Stopped(string why) => IoStatus.Failed(IoStatusCode.Stopped, $"The end of {lease.Id}: {why}");

    private IoStatus Canceled() =>
        IoStatus.Failed(IoStatusCode.Stopped, $"Its caller canceled it while it waited for the pages of {lease.Id}.");

    private static IoStatus TimedOut(RequestState request) =>
        IoStatus.Failed(IoStatusCode.TimedOut, $"Not done within {request.Deadline}.");

    private IActorRef ReplyTo(IoRequest request) => request.ReplyTo ?? Sender;

    private void Refuse(IoRequest request, IoRefusal cause, string reason)
    {
        counters.Refused(isMessage: request.Completion is null);
        if (request.Completion is { } completion)
        {
            completion.Refused(cause, reason);
        }
        else
        {
            ReplyTo(request).Tell(new IoRefused(cause, reason, request.Context), Self);
        }
    }

    private void Dispatch(RequestState request)
    {
        for (var index = 0; index < request.RegionCount; index++)
        {
            if (request[index] is not { } io)
            {
                continue;
            }

            request.TraceRegion(io);
            if (!directory.TryFind(io.Region.Device, out var device))
            {
                request.FailUntouched(index, IoStatus.Failed(
                    IoStatusCode.DeviceGone, $"No device named '{io.Region.Device}' is attached."));
                continue;
            }

            if (watched.Add(device))
            {
                Context.Watch(device.Actor);
            }

            counters.SentRegion();
            outgoing.Add(device.Actor, request.Send(index, device));
        }

        ledger.Settle(request);
    }

    private void DeviceDied(IActorRef device)
    {
        watched.RemoveWhere(entry => entry.Actor.Equals(device));
        ledger.DeviceDied(
            device, IoStatus.Failed(IoStatusCode.DeviceGone, "The device went before this was begun."));
    }

    /// <summary>The end of every turn: admits what fits now, and only then delivers, so that callbacks find nothing
    /// of theirs (R11).</summary>
    private void Settle()
    {
        DispatchAll();
        if (ledger.HasSlowDevices || (ledger.Waiting > 0 && !isSlownessDue))
        {
            DispatchPastSlowDevices();
        }

        if (ledger.TryChangeCredit(out var quarantined, out var wanted, out var returned))
        {
            supervisor.Tell(new CreditChanged(lease.Id, quarantined, wanted, returned), Self);
        }

        if (!isSendDue && outgoing.Count > 0)
        {
            isSendDue = true;
            counters.AskedForTurn();
            Self.Tell(SendOut.Instance, Self);
        }

        counters.Set(ledger.Gauges);
        DeliverOutcomes();
    }

    private void DispatchAll()
    {
        while (ledger.TryDispatch(out var request))
        {
            Dispatch(request);
        }
    }

    /// <summary>Where requests wait for credit: looks for slow devices now, and again when the next device will be
    /// slow. So a lease that is always short of credit does it once a second.</summary>
    private void DispatchPastSlowDevices()
    {
        var now = clock.HighResMonotonicClock;
        var next = ledger.FindSlowDevices(now);
        DispatchAll();
        if (ledger.Waiting > 0 && !isSlownessDue && next < TimeSpan.MaxValue)
        {
            isSlownessDue = true;
            Timers.StartSingleTimer(SlownessDue.Instance, SlownessDue.Instance, SlownessDue.PauseUntil(next, now));
        }
    }

    private void DeliverOutcomes()
    {
        while (ledger.TryTakeOutcome(out var request))
        {
            if (request.Deadline is not null)
            {
                Timers.Cancel(request);
            }

            if (request.RunsCallersCode)
            {
                Send();
            }

            counters.Answered(request.IsAnsweredByMessage, request.Result.IsOk, request.DataSectors);
            request.Deliver(Self);
            ledger.Delivered(request);
        }
    }

    /// <summary>One message for each device, for all that was dispatched since the last time.</summary>
    private void Send()
    {
        isSendDue = false;
        while (outgoing.TryTake(out var device, out var first))
        {
            counters.SentOut();
            device.Tell(first, Self);
        }
    }

    private void Answered(DeviceIo first)
    {
        for (var io = first; io is not null;)
        {
            // Before it is accounted for: then it may begin anew.
            var next = io.TakeNext();
            ledger.Answered(io);
            io = next;
        }
    }

    /// <summary>To itself: comes behind all requests that lie in the mailbox already.</summary>
    private sealed record SendOut : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        internal static SendOut Instance { get; } = new();
    }

    /// <summary>To itself: look for slow devices.</summary>
    private sealed record SlownessDue : INoSerializationVerificationNeeded
    {
        /// <summary>A device is slow when its oldest operation is older than <c>slow-after</c>, not as old.</summary>
        private static readonly TimeSpan Margin = TimeSpan.FromMilliseconds(1);

        /// <summary>A device to which a request goes in the meantime may be slow earlier.</summary>
        private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

        internal static SlownessDue Instance { get; } = new();

        internal static TimeSpan PauseUntil(TimeSpan next, TimeSpan now) =>
            (next - now < LongestPause ? next - now : LongestPause) + Margin;
    }

    private sealed record DeadlineReached(RequestState Request) : INoSerializationVerificationNeeded;
}
