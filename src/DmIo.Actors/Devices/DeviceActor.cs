using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using Akka.Event;
using DmIo.Actors.Protocol;
using DmIo.Actors.Scheduling;
using DmIo.Actors.Telemetry;
using DmIo.Devices;
using DmIo.Devices.Transfer;
using DmIo.Io;
using static DmIo.Actors.Protocol.DeviceProtocol;

namespace DmIo.Actors.Devices;

/// <summary>
/// One device. The actor queues I/O; in each turn it takes ready operations from the <see cref="IoQueue"/>, issues them
/// together, and answers completed I/O with one message for each request actor.
/// <code>
///   Serving --DrainDevice--> Draining --empty--> stopped
/// </code>
/// For any cause of its stop, continuations answer the I/O in flight, and the device is closed after the last of it. A
/// failed flush fails the device until it is reopened (R14): the supervisor is informed before any answer reveals the
/// failure; see <see cref="DeviceRecovery"/>.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "OrphanedDevice closes the device, after the last I/O.")]
internal sealed class DeviceActor : UntypedActor
{
    /// <summary>
    /// The limit of operations per turn: with a device that completes synchronously, the actor reads its mailbox
    /// between turns, so that later requests take part in the sharing. High, because all other actors run between two
    /// turns: with a low limit, 64 leases with a few operations each would need a turn per lease.
    /// </summary>
    private const int OperationsPerTurn = 256;

    /// <summary>The limit of bytes per turn, exceeded by at most one operation: a fraction of a millisecond of
    /// copying.</summary>
    private const long BytesPerTurn = 1 << 20;

    /// <summary>
    /// The limit of operations per turn with a ring: a disk that gets a few at a time completes these while the next
    /// are submitted; with batches of 32 it completes all of them together, and is then idle.
    /// </summary>
    private const int RingOperationsPerTurn = 4;

    private readonly DeviceSetup setup;
    private readonly FailStopDevice device;
    private readonly DeviceRecovery recovery;
    private readonly IActorRef supervisor;
    private readonly IoQueue queue;
    private readonly PollScheduler turn;
    private readonly DeviceIoBatches<IActorRef> answers = new();
    private readonly DeviceCounters counters;
    private readonly List<InFlightOperation> inFlight = [];
    private readonly Stack<InFlightOperation> idle = new();
    private readonly ITimeProvider clock = Context.System.Scheduler;
    private readonly ILoggingAdapter log;
    private readonly int operationsPerTurn;
    private TimeSpan? arrival;
    private TimeSpan now;
    private long bytesLeft;

    public DeviceActor(DeviceSetup setup, IActorRef supervisor)
    {
        this.setup = setup;
        this.supervisor = supervisor;
        device = new FailStopDevice(setup.Device);
        recovery = new DeviceRecovery(setup.Name, device, Self, supervisor);
        queue = new IoQueue(setup.Queue, device.Description);
        turn = new PollScheduler(Self);
        counters = setup.Counters;
        counters.Queue = queue;
        operationsPerTurn = device.Description.Mode == ServiceMode.Ring ? RingOperationsPerTurn : OperationsPerTurn;
        log = Context.GetLogger().WithContext("Device", setup.Name);
    }

    internal static Props Props(DeviceSetup setup, IActorRef supervisor) =>
        Akka.Actor.Props.Create(() => new DeviceActor(setup, supervisor));

    protected override void PreStart()
    {
        var self = Self;
        device.Attach(new DeviceHost(turn.Wake)
        {
            Grown = capacity => supervisor.Tell(new DeviceHasGrown(capacity), self),
            Memory = setup.Memory,
            BouncePages = setup.BouncePages,
            DeviceName = setup.Name,
            Publish = Context.System.EventStream.Publish,
        });
        setup.IsTaken = true;
    }

    protected override void OnReceive(object message)
    {
        counters.Received();
        switch (message)
        {
            case DeviceIo io:
                Accept(io);
                turn.Ask();
                break;
            case DrainDevice:
                Become(Draining);
                StopWhenEmpty();
                break;
            default:
                HandleAlways(message);
                break;
        }
    }

    /// <summary>Runs for any cause of the stop. Requests that wait in the queue are left to the request actors, which
    /// can withdraw them.</summary>
    protected override void PostStop()
    {
        SendAnswers();
        var orphan = new OrphanedDevice(device, Self, supervisor, setup.Background, log);
        foreach (var issued in inFlight)
        {
            orphan.Add();
            issued.Abandon(orphan);
        }

        while (queue.TryTakeIssued(out var io))
        {
            ((DeviceIo)io).Answer(OrphanedDevice.NotDurable);
        }

        turn.Stop(orphan);
        orphan.Release();
    }

    private void Draining(object message)
    {
        counters.Received();
        switch (message)
        {
            case DeviceIo io:
                Refuse(io);
                break;
            case DrainDevice:
                break;
            default:
                HandleAlways(message);
                StopWhenEmpty();
                break;
        }
    }

    /// <summary>The messages that every state handles.</summary>
    private void HandleAlways(object message)
    {
        switch (message)
        {
            case TakeTurn:
                Turn(completed: null);
                break;
            case InFlightOperation issued:
                Turn(issued);
                break;
            case DeviceIoWithdrawn withdrawn:
                queue.Withdraw(withdrawn.Io);
                turn.Ask();
                break;
            case DropAndReopen:
                recovery.Reopen();
                recovery.DropIfIdle(inFlight.Count);
                break;
            case CacheDropped dropped:
                recovery.Dropped(dropped.Status);
                turn.Ask();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    /// <summary>Queues I/O. Unsupported operations are refused immediately, ahead of queued I/O.</summary>
    private void Accept(DeviceIo first)
    {
        arrival ??= clock.HighResMonotonicClock;
        for (var io = first; io is not null;)
        {
            var next = io.TakeNext();
            if (Check(io) is { IsOk: false } fault)
            {
                counters.Refused(io, fault.Code);
                io.Refuse(fault);
            }
            else if (io.IsWaiting)
            {
                queue.Add(io, arrival.Value);
            }

            io = next;
        }
    }

    private void Refuse(DeviceIo first)
    {
        var gone = IoStatus.Failed(
            IoStatusCode.DeviceGone, $"'{setup.Name}' was detached before the operation arrived.");
        for (var io = first; io is not null;)
        {
            var next = io.TakeNext();
            io.Refuse(gone);
            io = next;
        }
    }

    private void SendAnswers()
    {
        while (answers.TryTake(out var requests, out var first))
        {
            requests.Tell(first.Done, Self);
        }
    }

    private IoStatus Check(DeviceIo io) => RegionCheck.Check(device.Description, io.Operation);

    private void Turn(InFlightOperation? completed)
    {
        turn.Begin(asked: completed is null);
        try
        {
            now = clock.HighResMonotonicClock;
            counters.TurnBegins(now);
            arrival = null;
            if (completed is not null)
            {
                Finish(completed);
            }

            var left = operationsPerTurn;
            bytesLeft = BytesPerTurn;
            do
            {
                left = IssueReady(left);
                device.Poll();
            }
            while (TakeCompleted() && left > 0);
            if (left == 0)
            {
                turn.Ask();
            }
        }
        finally
        {
            recovery.DropIfIdle(inFlight.Count);
            turn.End();
            counters.TurnEnded(queue, answers.Count);
            SendAnswers();
        }
    }

    private bool TakeCompleted()
    {
        var any = false;
        while (turn.TryTakeCompleted(out var issued))
        {
            Finish(issued);
            any = true;
        }

        return any;
    }

    private void Finish(InFlightOperation issued)
    {
        var last = inFlight[^1];
        inFlight[issued.Index] = last;
        last.Index = issued.Index;
        inFlight.RemoveAt(inFlight.Count - 1);
        Complete(issued);
        idle.Push(issued);
    }

    /// <summary>Issues up to <paramref name="left"/> operations, and returns the number that is left.</summary>
    private int IssueReady(int left)
    {
        for (; left > 0 && TryTakeNext(out var operation); left--)
        {
            bytesLeft -= operation.Operation.LengthBytes;
            if (recovery.Refuses(operation.Operation.Kind) is { } refusal)
            {
                Fail(operation, refusal);
            }
            else
            {
                Issue(operation);
            }

            if (bytesLeft <= 0)
            {
                return 0;
            }
        }

        return left;
    }

    private bool TryTakeNext([MaybeNullWhen(false)] out DispatchedOperation operation)
    {
        recovery.Note();
        operation = null;
        return !recovery.IsDue && queue.TryTakeNext(now, out operation);
    }

    private void Issue(DispatchedOperation operation)
    {
        counters.Issue(operation);
        if (!idle.TryPop(out var issued))
        {
            issued = new InFlightOperation(device, turn);
        }

        if (issued.Start(operation))
        {
            Complete(issued);
            idle.Push(issued);
        }
        else
        {
            issued.Index = inFlight.Count;
            inFlight.Add(issued);
        }
    }

    private void Complete(InFlightOperation ended)
    {
        var (operation, status) = (ended.Operation, ended.Status);
        if (!status.IsOk && operation.IsMerged && ended.Held is null)
        {
            Repeat(operation);
            return;
        }

        operation.Note(ended.Held, ended.Detail);
        if (status.IsOk && operation.NeedsFlush)
        {
            queue.Written(operation, now);
        }
        else
        {
            Answer(operation, status);
        }
    }

    /// <summary>One of the merged I/Os may have caused the failure, unless the whole device has failed.</summary>
    private void Repeat(DispatchedOperation failed)
    {
        if (recovery.Refuses(failed.Operation.Kind) is { } refusal)
        {
            Answer(failed, refusal);
        }
        else
        {
            queue.Retry(failed, now);
        }
    }

    private void Fail(DispatchedOperation operation, in IoStatus refusal)
    {
        foreach (DeviceIo io in operation.Ios)
        {
            io.ZeroFillRead();
        }

        Answer(operation, refusal);
    }

    private void Answer(DispatchedOperation operation, in IoStatus status)
    {
        recovery.Note();
        foreach (var entry in operation.Entries)
        {
            var io = (DeviceIo)entry.Io!;
            counters.Ended(io, status.Code, now - entry.Arrival);
            if (io.Settle(status))
            {
                answers.Add(io.ReplyTo, io);
            }
        }

        queue.Completed(operation, now);
    }

    private void StopWhenEmpty()
    {
        if (queue.IsEmpty)
        {
            Context.Stop(Self);
        }
    }
}
