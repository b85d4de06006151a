using DmIo.Actors.Client;
using DmIo.Nbd.Server;

namespace DmIo.Nbd.Telemetry;

/// <summary>Shows a server's status in the statistics of its service and to the meter, until it is disposed
/// of.</summary>
internal sealed class StatusPublisher : IDisposable
{
    private readonly Func<NbdServerStatus> status;
    private readonly IDisposable section;

    /// <param name="service">The service before which the server is.</param>
    /// <param name="status">Read on any thread.</param>
    internal StatusPublisher(DmIoService service, Func<NbdServerStatus> status)
    {
        this.status = status;
        section = service.AddSection(NbdServerStatus.Section, () => status().ToJson());
        NbdInstruments.Add(status);
    }

    public void Dispose()
    {
        section.Dispose();
        NbdInstruments.Remove(status);
    }
}
