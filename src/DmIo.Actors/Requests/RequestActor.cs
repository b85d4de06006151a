using Akka.Actor;
using DmIo.Actors.Devices;
using DmIo.Actors.Protocol;
using DmIo.Actors.Telemetry;
using DmIo.Io;
using DmIo.Memory;
using static DmIo.Actors.Protocol.DeviceProtocol;
using static DmIo.Actors.Protocol.IoProtocol;
using static DmIo.Actors.Protocol.LeaseProtocol;
using static DmIo.Actors.Requests.RequestMessages;

namespace DmIo.Actors.Requests;

/// <summary>
/// The requests of one lease: validates them, admits them within the lease's credit, sends one <see cref="DeviceIo"/>
/// for each region, and answers each request exactly once.
/// <code>
///   Open --CloseLease, AbandonLease--> Closing --nothing in flight--> stopped
/// </code>
/// For any cause of its stop, every pending request is answered, and the lease's pages are released when no device uses
/// them.
/// </summary>
internal sealed class RequestActor : UntypedActor, IWithTimers
{
    private readonly PageLease lease;
    private readonly LeaseLimits limits;
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
    private bool isSlowDeviceCheckDue;

    public RequestActor(
        PageLease lease, LeaseLimits limits, DeviceDirectory directory, LeaseCounters counters, IActorRef supervisor)
    {
        this.counters = counters;
        this.lease = lease;
        this.limits = limits;
        this.directory = directory;
        this.supervisor = supervisor;
        ledger = new RequestLedger(lease.Count);
    }

    public ITimerScheduler Timers { get; set; } = null!; // set by the runtime, as for every IWithTimers

    internal static Props Props(
        PageLease lease, LeaseLimits limits, DeviceDirectory directory, LeaseCounters counters, IActorRef supervisor) =>
        Akka.Actor.Props.Create(() => new RequestActor(lease, limits, directory, counters, supervisor));

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
                ledger.StopWaiting(Stopped("its owner died before the request was begun."));
                Close();
                break;
            default:
                HandleAlways(message);
                break;
        }
    }

    /// <summary>Runs for any cause of the stop. I/O that no device has begun is Stopped; I/O in flight retains the
    /// pages.</summary>
    protected override void PostStop()
    {
        var pin = new LeasePin(lease.Id, supervisor);
        if (ledger.StopAll(Stopped("the lease or the service was stopped before the request was done."), pin))
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
                Refuse(request, IoRefusal.Stopped, $"{lease.Id} was put back, or the service is stopping.");
                break;
            case CloseLease or AbandonLease:
                break;
            default:
                HandleAlways(message);
                StopWhenIdle();
                break;
        }
    }

    /// <summary>Messages that every state handles.</summary>
    private void HandleAlways(object message)
    {
        switch (message)
        {
            case DeviceDone done:
                Answered(done.Io);
                break;
            case MemoryReleased released:
                ledger.DeviceReleased(released.Io);
                break;
            case SendBatches:
                Send();
                return;
            case DeadlineReached deadline:
                ledger.Expire(deadline.Request, TimedOut(deadline.Request));
                break;
            case GiveUpDevice given:
                ledger.GiveUp(given.Device, IoStatus.Failed(
                    IoStatusCode.TimedOut, $"The caller gave up waiting for '{given.Device}'."));
                break;
            case SlowDeviceCheckDue:
                isSlowDeviceCheckDue = false;
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
            request, regions, ReplyTo(request), new RequestOwner(Self, lease.Id, limits.Weight), bouncePages);
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
    /// Refuses a message beyond the bound, instead of queuing it: a sender that exceeds the lease's capacity gets a
    /// reply. The calls of a client wait instead, in arrival order: each has a waiting caller, or a callback.
    /// </summary>
    private string? CheckRoom(IoRequest request) =>
        ledger.Waiting < limits.MaxWaiting || request.WaitsForRoom
        ? null
        : $"{ledger.Waiting} requests of {lease.Id} wait for its {lease.Count} pages, which is the limit "
            + "(dmio.leases.waiting-per-page); wait for outcomes, or get a larger lease.";

    private IoStatus Stopped(string why) => IoStatus.Failed(IoStatusCode.Stopped, $"{lease.Id} has ended: {why}");

    private IoStatus Canceled() =>
        IoStatus.Failed(
            IoStatusCode.Stopped, $"The caller canceled the request while it waited for pages of {lease.Id}.");

    private static IoStatus TimedOut(RequestState request) =>
        IoStatus.Failed(IoStatusCode.TimedOut, $"The request was not done within {request.Deadline}.");

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
            device, IoStatus.Failed(IoStatusCode.DeviceGone, "The device stopped before the operation was begun."));
    }

    /// <summary>Ends every turn: admits the requests that fit now, and only then delivers outcomes, so that a request
    /// is complete when its callback runs (R11).</summary>
    private void Settle()
    {
        DispatchAll();
        if (ledger.HasSlowDevices || (ledger.Waiting > 0 && !isSlowDeviceCheckDue))
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
            counters.RequestedTurn();
            Self.Tell(SendBatches.Instance, Self);
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

    /// <summary>If requests wait for credit: finds slow devices now, and again when the next device becomes slow. A
    /// lease that is always short of credit does this once a second.</summary>
    private void DispatchPastSlowDevices()
    {
        var now = clock.HighResMonotonicClock;
        var next = ledger.FindSlowDevices(now);
        DispatchAll();
        if (ledger.Waiting > 0 && !isSlowDeviceCheckDue && next < TimeSpan.MaxValue)
        {
            isSlowDeviceCheckDue = true;
            Timers.StartSingleTimer(
                SlowDeviceCheckDue.Instance, SlowDeviceCheckDue.Instance, SlowDeviceCheckDue.PauseUntil(next, now));
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

    /// <summary>Sends one message to each device, with everything dispatched since the last call.</summary>
    private void Send()
    {
        isSendDue = false;
        while (outgoing.TryTake(out var device, out var first))
        {
            counters.SentMessage();
            device.Tell(first, Self);
        }
    }

    private void Answered(DeviceIo first)
    {
        for (var io = first; io is not null;)
        {
            // Before the I/O is accounted for, since its request may be reused after that.
            var next = io.TakeNext();
            if (!ledger.Answered(io))
            {
                var message = new MemoryReleased(io);
                _ = io.Held!.PipeTo(Self, success: () => message, failure: _ => message);
            }

            io = next;
        }
    }
}
