using Akka.Actor;
using Akka.Event;
using DmIo.Actors.Client;
using DmIo.Actors.Protocol;

namespace DmIo.Nbd.Server;

/// <summary>Adds an export to a server when all its devices are attached. It tries when it starts, if no device is
/// missing, and each time one of the devices comes online. It stops with the server.</summary>
internal sealed class WaitingExportActor(NbdServer server, NbdExport export, Task ended) : UntypedActor
{
    private readonly ILoggingAdapter log = Context.GetLogger();

    internal static Props Props(NbdServer server, NbdExport export, Task ended) =>
        Akka.Actor.Props.Create(() => new WaitingExportActor(server, export, ended));

    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe(Self, typeof(ServiceEvents.DeviceOnline));
        _ = ended.PipeTo(Self, Self, success: () => Ended.Instance);
        if (DmIoService.For(Context.System).MissingDevices.All(device => device.Name != export.Device))
        {
            Attempt();
        }
    }

    protected override void PostStop() => Context.System.EventStream.Unsubscribe(Self);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case ServiceEvents.DeviceOnline online when online.Name == export.Device:
                Attempt();
                break;
            case ServiceEvents.DeviceOnline:
                break;
            case NbdExportStatus:
                log.Info("The device of the export '{0}' is attached; the export was added.", export.Name);
                Context.Stop(Self);
                break;
            case Failed { Fault: IoRefusedException { Cause: IoRefusal.Stopped } }:
            case Ended:
                Context.Stop(Self);
                break;
            case Failed failed:
                log.Warning("The export '{0}' still waits for its device: {1}", export.Name, failed.Fault.Message);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Attempt() => _ = server.AddExportAsync(export).PipeTo(
        Self, Self, success: status => status, failure: fault => new Failed(fault));

    private sealed record Failed(Exception Fault);

    private sealed record Ended
    {
        internal static Ended Instance { get; } = new();
    }
}
