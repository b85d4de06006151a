using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using Akka.Event;
using DmIo.Devices;
using DmIo.Io;
using static DmIo.Actors.DeviceProtocol;

namespace DmIo.Actors;

/// <summary>
/// One device: orders its operations by <see cref="DeviceQueue"/>, issues them, answers each. What a device serves
/// without waiting is answered on the same turn; a turn issues no more than what is queued, which the leases' credit
/// bounds.
/// <code>
///   Serving --DrainDevice--> Draining --empty--> stopped
/// </code>
/// However it stops, I/O in flight is answered by its continuation, and the device is closed behind the last of it. A
/// failed flush fails the device for good (R14): the supervisor hears it before anybody gets an answer that shows it.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "DeviceFarewell closes the device, behind the last I/O.")]
internal sealed class DeviceActor : UntypedActor
{
    private readonly string name;
    private readonly FailStopDevice device;
    private readonly IActorRef supervisor;
    private readonly DeviceQueue queue;
    private readonly HashSet<DeviceFlight> flying = [];
    private readonly Stack<DeviceFlight> idle = new();
    private readonly ILoggingAdapter log;
    private bool failureTold;

    public DeviceActor(string name, IBlockDevice device, int queueDepth, IActorRef supervisor)
    {
        this.name = name;
        this.device = new FailStopDevice(device);
        this.supervisor = supervisor;
        queue = new DeviceQueue(queueDepth);
        log = Context.GetLogger();
    }

    internal static Props Props(string name, IBlockDevice device, int queueDepth, IActorRef supervisor) =>
        Akka.Actor.Props.Create(() => new DeviceActor(name, device, queueDepth, supervisor));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case DeviceIo io:
                queue.Add(io);
                IssueReady();
                break;
            case DrainDevice:
                Become(Draining);
                StopWhenEmpty();
                break;
            default:
                GoOn(message);
                break;
        }
    }

    /// <summary>The end, however it came. What waits in the queue is left to the request actors, who can withdraw
    /// it.</summary>
    protected override void PostStop()
    {
        var farewell = new DeviceFarewell(device, Self, supervisor, log);
        foreach (var flight in flying)
        {
            farewell.Add();
            flight.Abandon(farewell);
        }

        farewell.Release();
    }

    private void Draining(object message)
    {
        switch (message)
        {
            case DeviceIo io:
                io.Refuse(IoStatus.Failed(IoStatusCode.DeviceGone, $"'{name}' was detached before this came."));
                break;
            case DrainDevice:
                break;
            default:
                GoOn(message);
                StopWhenEmpty();
                break;
        }
    }

    /// <summary>What goes on in every state.</summary>
    private void GoOn(object message)
    {
        switch (message)
        {
            case DeviceFlight flight:
                flying.Remove(flight);
                idle.Push(flight);
                Complete(flight.Io, flight.TakeLanded());
                break;
            case DeviceIoWithdrawn withdrawn:
                queue.Withdraw(withdrawn.Io);
                break;
            default:
                Unhandled(message);
                return;
        }

        IssueReady();
    }

    private void IssueReady()
    {
        while (queue.TryTakeNext(out var io))
        {
            if (!io.TryIssue())
            {
                queue.Completed(io);
            }
            else if (device.Failure is { } failure)
            {
                io.ZeroFillRead();
                Complete(io, FailedBy(failure));
            }
            else
            {
                Issue(io);
            }
        }
    }

    private void Issue(DeviceIo io)
    {
        if (!idle.TryPop(out var flight))
        {
            flight = new DeviceFlight(device, Self);
        }

        if (flight.Start(io, out var status))
        {
            idle.Push(flight);
            Complete(io, status);
        }
        else
        {
            flying.Add(flight);
        }
    }

    private void Complete(DeviceIo io, in IoStatus status)
    {
        queue.Completed(io);
        if (device.Failure is { } failure && !failureTold)
        {
            failureTold = true;
            supervisor.Tell(new ServiceEvents.DeviceHasFailed(name, FailedBy(failure)), Self);
        }

        io.Answer(status);
    }

    private IoStatus FailedBy(IoFailure failure) => new(IoStatusCode.DeviceFailed, failure with
    {
        Message = $"A flush of '{name}' failed, so it is out of trust until it is attached anew: {failure.Message}",
    });

    private void StopWhenEmpty()
    {
        if (queue.IsEmpty)
        {
            Context.Stop(Self);
        }
    }
}
