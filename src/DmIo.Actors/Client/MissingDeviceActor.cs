using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using Akka.Event;
using DmIo.Actors.Protocol;

namespace DmIo.Actors.Client;

/// <summary>
/// Opens and attaches a device that was missing at the start, until that succeeds or the service stops.
/// <code>
///   Pausing --Try--> Trying --Attached--> stopped
///      ^---------------+ Failed          (any) --the supervisor died, or refuses as it stops--> stopped
/// </code>
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "PostStop disposes of the source.")]
internal sealed class MissingDeviceActor : UntypedActor, IWithTimers
{
    private readonly MissingDevice missing;
    private readonly MissingDevices all;
    private readonly Func<CancellationToken, Task> attach;
    private readonly RetryPauses pauses = new(Random.Shared.NextDouble);
    private readonly CancellationTokenSource stopping = new();
    private readonly ILoggingAdapter log = Context.GetLogger();

    /// <param name="missing">The device.</param>
    /// <param name="all">Where it is listed until it is attached.</param>
    /// <param name="attach">Opens and attaches it, or throws. Called by one thread at a time.</param>
    /// <param name="supervisor">The service's.</param>
    public MissingDeviceActor(
        MissingDevice missing, MissingDevices all, Func<CancellationToken, Task> attach, IActorRef supervisor)
    {
        this.missing = missing;
        this.all = all;
        this.attach = attach;
        Context.Watch(supervisor);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    internal static Props Props(
        MissingDevice missing, MissingDevices all, Func<CancellationToken, Task> attach, IActorRef supervisor) =>
        Akka.Actor.Props.Create(() => new MissingDeviceActor(missing, all, attach, supervisor));

    protected override void PreStart() => Pause();

    /// <summary>The system guardian restarts a child that throws: a second incarnation would open the device beside the
    /// first one's attempt.</summary>
    protected override void PostRestart(Exception reason) => Context.Stop(Self);

    protected override void PostStop()
    {
        stopping.Cancel();
        stopping.Dispose();
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Try:
                Attempt();
                break;
            case Attached:
                all.Remove(missing.Name);
                log.Info("The device '{0}' was missing and is attached now.", missing.Name);
                Context.Stop(Self);
                break;
            case Failed { Fault: IoRefusedException { Cause: IoRefusal.Stopped } }:
                Context.Stop(Self);
                break;
            case Failed failed:
                log.Debug("The device '{0}' is still missing: {1}", missing.Name, failed.Fault.Message);
                all.Set(missing with { Reason = failed.Fault.Message });
                Pause();
                break;
            case Terminated:
                Context.Stop(Self);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Pause() => Timers.StartSingleTimer(Try.Instance, Try.Instance, pauses.Next());

    /// <summary>On the thread pool, since opening a file blocks.</summary>
    private void Attempt()
    {
        var token = stopping.Token;
        _ = Task.Run(() => attach(token), CancellationToken.None).PipeTo(
            Self, Self, success: () => Attached.Instance, failure: fault => new Failed(fault));
    }

    private sealed record Try : INotInfluenceReceiveTimeout
    {
        internal static Try Instance { get; } = new();
    }

    private sealed record Attached
    {
        internal static Attached Instance { get; } = new();
    }

    private sealed record Failed(Exception Fault);
}
