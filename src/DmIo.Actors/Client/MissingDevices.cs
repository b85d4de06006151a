using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using Akka.Event;
using DmIo.Actors.Configuration;
using DmIo.Actors.Devices;
using DmIo.Actors.Protocol;

namespace DmIo.Actors.Client;

/// <summary>The configured devices that were missing at the start of the service, by name in ordinal order.
/// Thread-safe.</summary>
internal sealed class MissingDevices
{
    private ImmutableSortedDictionary<string, MissingDevice> devices =
        ImmutableSortedDictionary.Create<string, MissingDevice>(StringComparer.Ordinal);

    internal IReadOnlyList<MissingDevice> All => [.. Volatile.Read(ref devices).Values];

    /// <summary>Lists the missing devices, and starts an actor for each one that is retried.</summary>
    internal void Start(ExtendedActorSystem system, DmIoService service, ConfiguredDevices configured)
    {
        foreach (var (device, reason) in configured.Missing)
        {
            var isRetried = device.OnMissing == MissingDevicePolicy.Retry && !configured.IsInspection;
            var missing = new MissingDevice(device.Name, reason, isRetried);
            Set(missing);
            if (missing.IsRetried)
            {
                system.SystemActorOf(
                    MissingDeviceActor.Props(
                        missing, this, end => AttachAsync(service, configured, device, end), service.Supervisor),
                    $"dmio-missing-{DeviceName.ToActorName(device.Name)}");
            }
        }
    }

    internal void Set(MissingDevice device) =>
        ImmutableInterlocked.Update(ref devices, all => all.SetItem(device.Name, device));

    internal void Remove(string name) => ImmutableInterlocked.Update(ref devices, all => all.Remove(name));

    /// <summary>Does nothing if the application has attached a device of that name. The attach of an open device is not
    /// canceled: if the service stops, the attach ends and closes the device.</summary>
    private static async Task AttachAsync(
        DmIoService service,
        ConfiguredDevices configured,
        DeviceSettings device,
        CancellationToken cancellationToken)
    {
        var attached = await service.GetDevicesAsync(cancellationToken);
        if (!attached.Any(other => other.Name == device.Name))
        {
            var opened = await configured.OpenAsync(device, cancellationToken);
            await service.AttachAsync(
                device.Name, opened, device.QueueDepth, device.Policy, CancellationToken.None);
            configured.NoteAttached(device.Name, opened);
        }
    }
}

/// <summary>A configured device that was missing at the start of the service (<c>on-missing</c>).</summary>
/// <param name="Name">The name that regions use; requests that name the device get DeviceGone.</param>
/// <param name="Reason">The cause of the last failed attempt.</param>
/// <param name="IsRetried">The service retries in the background (<c>on-missing = retry</c>).</param>
public sealed record MissingDevice(string Name, string Reason, bool IsRetried);

/// <summary>
/// Opens and attaches a device that was missing at the start: retries until that succeeds or the service stops.
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
    /// <param name="all">The list that holds the device until it is attached.</param>
    /// <param name="attach">Opens and attaches the device, or throws. Called by one thread at a time.</param>
    /// <param name="supervisor">The supervisor of the service.</param>
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

    /// <summary>The system guardian restarts a child that throws: a second incarnation would open the device
    /// concurrently with the first one's attempt.</summary>
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

    /// <summary>Runs on the thread pool, since opening a file blocks.</summary>
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

/// <summary>
/// Pauses between attempts to open a missing device: 1 s, doubled up to 30 s. Each pause is shortened by a random
/// fraction of at most a quarter, so that services that lost the same server do not reconnect at the same time.
/// </summary>
/// <param name="random">A number from 0 to 1.</param>
internal sealed class RetryPauses(Func<double> random)
{
    private static readonly TimeSpan MinPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(30);

    private TimeSpan next = MinPause;

    internal TimeSpan Next()
    {
        var pause = next * (1 - (random() / 4));
        next = next * 2 < MaxPause ? next * 2 : MaxPause;
        return pause;
    }
}
