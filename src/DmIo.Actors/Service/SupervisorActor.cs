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
/// The service, <c>/user/dmio</c>: leases in a <see cref="LeaseRegistry"/>, whose request actors are the children
/// <c>lease-&lt;id&gt;</c>, and devices in a <see cref="DeviceRegistry"/>, whose actors are the children
/// <c>device-&lt;name&gt;</c>. Not on the I/O path.
/// <code>
///   Serving --DrainService--> (leases close) --> (devices are detached) --> ServiceDrained
/// </code>
/// It is never restarted: a second incarnation would grant pages that devices still use. Nor are its children: a second
/// incarnation would write concurrently with the I/O that the first left in flight (R22).
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "PostStop disposes of the pool.")]
internal sealed class SupervisorActor : UntypedActor
{
    private readonly PagePool pool;
    private readonly ServiceCounters counters;
    private readonly LeaseRegistry leases;
    private readonly DeviceRegistry devices;
    private readonly List<IActorRef> drainReplyTo = [];

    public SupervisorActor(DmIoSettings settings, DeviceDirectory directory, ServiceCounters counters)
    {
        this.counters = counters;
        pool = new PagePool(settings.MaxPages, settings.SlabPages, isChecked: settings.ChecksPages);
        leases = new LeaseRegistry(Context, directory, pool, counters, settings);
        devices = new DeviceRegistry(Context, directory, pool, counters, settings);
    }

    /// <param name="settings">The service's settings.</param>
    /// <param name="directory">Written only by this actor; read by any thread.</param>
    /// <param name="counters">Written only by this service's actors; read by any thread.</param>
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
                ContinueDraining();
                break;
            default:
                HandleInternal(message);
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

    /// <summary>A restart by the guardian cannot be prevented: the actor has no state to continue from, and
    /// stops.</summary>
    protected override void PostRestart(Exception reason) => Context.Stop(Self);

    /// <summary>Messages of the service's own actors, and death watch.</summary>
    private void HandleInternal(object message)
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
            case DeviceHasGrown grown:
                devices.HasGrown(grown, Sender);
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

        ContinueDraining();
    }

    private void ContinueDraining()
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
