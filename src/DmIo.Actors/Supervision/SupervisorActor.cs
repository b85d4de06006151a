using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using DmIo.Pages;
using static DmIo.Actors.DeviceProtocol;
using static DmIo.Actors.DrainProtocol;
using static DmIo.Actors.GuardianProtocol;
using static DmIo.Actors.LeaseProtocol;
using static DmIo.Actors.ServiceProtocol;

namespace DmIo.Actors;

/// <summary>
/// The service, <c>/user/dmio</c>: leases at its <see cref="LeaseDesk"/>, devices at its <see cref="DeviceDesk"/>,
/// their actors under its two guardians. Off the way of the I/O.
/// <code>
///   Serving --DrainService--> (leases close) --> (devices are detached) --> ServiceDrained
/// </code>
/// It is never restarted: a second incarnation would hand out pages that devices still have.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "PostStop disposes of the pool.")]
internal sealed class SupervisorActor : UntypedActor
{
    private readonly IActorRef leaseGuardian;
    private readonly IActorRef deviceGuardian;
    private readonly PagePool pool;
    private readonly ServiceCounters counters;
    private readonly LeaseDesk leases;
    private readonly DeviceDesk devices;
    private readonly List<IActorRef> drainReplyTo = [];

    public SupervisorActor(DmIoSettings settings, DeviceDirectory directory, ServiceCounters counters)
    {
        this.counters = counters;
        var guardian = GuardianActor.Props().WithDispatcherOf(settings);
        leaseGuardian = Context.Watch(Context.ActorOf(guardian, "leases"));
        deviceGuardian = Context.Watch(Context.ActorOf(guardian, "devices"));
        pool = new PagePool(settings.MaxPages, settings.SlabPages, isChecked: settings.ChecksPages);
        leases = new LeaseDesk(Context, leaseGuardian, directory, pool, counters, settings);
        devices = new DeviceDesk(Context, deviceGuardian, directory, pool, counters, settings);
    }

    /// <param name="settings">The service's.</param>
    /// <param name="directory">Written by this actor only; for whoever wants to know which names there are.</param>
    /// <param name="counters">Written by this service's actors only; for whoever wants to see what they do.</param>
    internal static Props Props(DmIoSettings settings, DeviceDirectory directory, ServiceCounters counters) =>
        Akka.Actor.Props.Create(() => new SupervisorActor(settings, directory, counters)).WithDispatcherOf(settings);

    protected override void PreStart()
    {
        ServiceInstruments.Start();
        counters.Start();
        counters.Update(pool);
    }

    protected override SupervisorStrategy SupervisorStrategy() => GuardianActor.StopAlways;

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Get get:
                leases.Get(get, Sender);
                break;
            case Put put:
                leases.Put(put, Sender);
                break;
            case AttachDevice attach:
                devices.Attach(attach, Sender);
                break;
            case DetachDevice detach:
                devices.Detach(detach, Sender);
                break;
            case GetDevices:
                Sender.Tell(devices.List(), Self);
                break;
            case GetExtents question:
                devices.GetExtents(question, Sender);
                break;
            case GetPoolStatus:
                Sender.Tell(leases.Status(), Self);
                break;
            case GetStatistics:
                Sender.Tell(counters.Snapshot(), Self);
                break;
            case DrainService:
                drainReplyTo.Add(Sender);
                leases.Close();
                devices.CloseToNew();
                GoOnDraining();
                break;
            default:
                OnNews(message);
                break;
        }

        counters.Update(pool);
    }

    protected override void PostStop()
    {
        leases.Stop();
        devices.Stop();
        counters.Stop();
        pool.Dispose();
    }

    /// <summary>After a restart, which is not ours to prevent: there is nothing to go on from.</summary>
    protected override void PostRestart(Exception reason) => Context.Stop(Self);

    /// <summary>What the service's own actors, and death watch, tell.</summary>
    private void OnNews(object message)
    {
        switch (message)
        {
            case Spawned { Token: LeaseRecord lease } spawned:
                leases.Spawned(lease, spawned.Child);
                break;
            case Spawned { Token: DeviceRecord device } spawned:
                devices.Spawned(device, spawned.Child);
                break;
            case LeaseReleased released:
                leases.Released(released.Lease);
                break;
            case DeviceReleased released:
                devices.Released(released);
                leases.ServeWaiting();
                break;
            case ServiceEvents.DeviceHasFailed failed:
                devices.HasFailed(failed, Sender);
                break;
            case Terminated terminated:
                OnTerminated(terminated.ActorRef);
                break;
            default:
                Unhandled(message);
                return;
        }

        GoOnDraining();
    }

    private void OnTerminated(IActorRef actor)
    {
        if (actor.Equals(leaseGuardian) || actor.Equals(deviceGuardian))
        {
            // Somebody stopped it, and with it all of its children: without it there is no service.
            Context.Stop(Self);
            return;
        }

        leases.Terminated(actor);
        devices.Terminated(actor);
        leases.ServeWaiting();
    }

    private void GoOnDraining()
    {
        if (drainReplyTo.Count == 0 || !leases.IsIdle)
        {
            return;
        }

        devices.Close();
        if (devices.IsIdle)
        {
            drainReplyTo.ForEach(waiting => waiting.Tell(ServiceDrained.Instance, Self));
            drainReplyTo.Clear();
        }
    }
}
