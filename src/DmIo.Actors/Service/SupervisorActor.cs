using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using DmIo.Actors.Configuration;
using DmIo.Actors.Devices;
using DmIo.Actors.Leases;
using DmIo.Actors.Protocol;
using DmIo.Actors.Telemetry;
using DmIo.Memory;
using static DmIo.Actors.Protocol.DeviceProtocol;
using static DmIo.Actors.Protocol.DrainProtocol;
using static DmIo.Actors.Protocol.LeaseProtocol;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Actors.Service;

/// <summary>
/// The service, <c>/user/dmio</c>: leases at its <see cref="LeaseDesk"/>, whose request actors are the children
/// <c>lease-&lt;id&gt;</c>, and devices at its <see cref="DeviceDesk"/>, whose actors are the children
/// <c>device-&lt;name&gt;</c>. Off the way of the I/O.
/// <code>
///   Serving --DrainService--> (leases close) --> (devices are detached) --> ServiceDrained
/// </code>
/// It is never restarted: a second incarnation would hand out pages that devices still have. Nor are its children: a
/// second incarnation would write beside the I/O that the first left in flight (R22).
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "PostStop disposes of the pool.")]
internal sealed class SupervisorActor : UntypedActor
{
    private readonly PagePool pool;
    private readonly ServiceCounters counters;
    private readonly LeaseDesk leases;
    private readonly DeviceDesk devices;
    private readonly List<IActorRef> drainReplyTo = [];

    public SupervisorActor(DmIoSettings settings, DeviceDirectory directory, ServiceCounters counters)
    {
        this.counters = counters;
        pool = new PagePool(settings.MaxPages, settings.SlabPages, isChecked: settings.ChecksPages);
        leases = new LeaseDesk(Context, directory, pool, counters, settings);
        devices = new DeviceDesk(Context, directory, pool, counters, settings);
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

    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

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
            case ReopenDevice reopen:
                devices.Reopen(reopen, Sender);
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
            case CreditChanged changed:
                leases.CreditChanged(changed);
                break;
            case LeaseReleased released:
                leases.Released(released.Lease);
                break;
            case DeviceReleased released:
                devices.Released(released);
                leases.ServeWaiting();
                break;
            case ReopenEnded ended:
                devices.ReopenEnded(ended, Sender);
                break;
            case ServiceEvents.DeviceHasFailed failed:
                devices.HasFailed(failed, Sender);
                break;
            case Terminated terminated:
                leases.Terminated(terminated.ActorRef);
                devices.Terminated(terminated.ActorRef);
                leases.ServeWaiting();
                break;
            default:
                Unhandled(message);
                return;
        }

        GoOnDraining();
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
