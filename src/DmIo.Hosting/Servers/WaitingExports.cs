using Akka.Actor;
using Akka.Event;
using DmIo.Actors;
using DmIo.Nbd;

namespace DmIo.Hosting;

/// <summary>
/// Offers the exports whose devices were missing at the start, each as soon as all of its devices are attached. It
/// attempts an export at its own start, if its devices are not missing any more, and whenever one of them comes online.
/// </summary>
internal sealed class WaitingExports : UntypedActor
{
    private readonly List<(NbdServer Server, NbdExport Export)> waiting;
    private readonly ILoggingAdapter log = Context.GetLogger();

    public WaitingExports(IReadOnlyList<(NbdServer Server, NbdExport Export)> waiting) => this.waiting = [.. waiting];

    internal static Props Props(IReadOnlyList<(NbdServer Server, NbdExport Export)> waiting) =>
        Akka.Actor.Props.Create(() => new WaitingExports(waiting));

    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe(Self, typeof(ServiceEvents.DeviceOnline));
        var missing = DmIoService.For(Context.System).MissingDevices.Select(device => device.Name).ToHashSet();
        Attempt(export => !export.Devices.Any(missing.Contains));
    }

    protected override void PostStop() => Context.System.EventStream.Unsubscribe(Self);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case ServiceEvents.DeviceOnline online:
                Attempt(export => export.Devices.Contains(online.Name));
                break;
            case Offered offered:
                log.Info("The export '{0}' waited for its devices and is offered now.", offered.Export.Name);
                Remove(offered.Export);
                break;
            case Failed { Fault: IoRefusedException { Cause: IoRefusal.Stopped } } failed:
                Remove(failed.Export);
                break;
            case Failed failed:
                log.Warning(
                    "The export '{0}' still waits for its devices: {1}", failed.Export.Name, failed.Fault.Message);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Remove(NbdExport export)
    {
        waiting.RemoveAll(other => ReferenceEquals(other.Export, export));
        if (waiting.Count == 0)
        {
            Context.Stop(Self);
        }
    }

    private void Attempt(Func<NbdExport, bool> isMeant)
    {
        foreach (var (server, export) in waiting.Where(item => isMeant(item.Export)))
        {
            _ = server.AddExportAsync(export).PipeTo(
                Self, Self, success: _ => new Offered(export), failure: fault => new Failed(export, fault));
        }
    }

    private sealed record Offered(NbdExport Export);

    private sealed record Failed(NbdExport Export, Exception Fault);
}
