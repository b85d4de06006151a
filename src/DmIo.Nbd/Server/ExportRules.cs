using Akka.Actor;
using DmIo.Actors.Client;
using DmIo.Nbd.Protocol;
using DmIo.Nbd.Server.Exports;
using static DmIo.Nbd.Server.NbdServerProtocol;

namespace DmIo.Nbd.Server;

/// <summary>Validates exports, and prepares them for serving. An error is one sentence that names the value, the limit
/// and the fix.</summary>
internal static class ExportRules
{
    /// <summary>Enough for two connections.</summary>
    private const int MinPages = 2 * ExportMemory.WorkingSet * PageBlock.PagesEach;

    /// <summary>The first invalid property, as a sentence; null: the export is valid.</summary>
    internal static string? Check(NbdExport export) => export switch
    {
        _ when !NbdText.IsText(export.Name) =>
            $"The name of an export is at most {NbdMagic.MaxStringBytes} bytes of UTF-8 without a NUL.",
        _ when !NbdText.IsText(export.Description) =>
            $"The description of '{export.Name}' is at most {NbdMagic.MaxStringBytes} bytes of UTF-8 without a NUL.",
        { Device: null or "" } => $"'{export.Name}' names no device; give the name of an attached device.",
        { Pages: < MinPages } =>
            $"'{export.Name}' has {export.Pages} pages; give at least {MinPages}.",
        _ => null,
    };

    /// <summary>Looks up the device, and gets the lease.</summary>
    internal static async Task<ExportPrepared> PrepareAsync(DmIoService service, NbdExport export, IActorRef replyTo)
    {
        try
        {
            var attached = await service.GetDevicesAsync().ConfigureAwait(false);
            if (attached.FirstOrDefault(device => device.Name == export.Device) is not { } found)
            {
                return Fault($"No device named '{export.Device}' is attached, so '{export.Name}' cannot be served.");
            }

            var client = await service.OpenAsync(export.Pages).ConfigureAwait(false);
            return new ExportPrepared(export, replyTo, found.Description, client, "");
        }
        catch (Exception fault)
        {
            // Catches everything: the caller waits for an answer.
            return Fault(fault.Message);
        }

        ExportPrepared Fault(string reason) => new(export, replyTo, null, null, reason);
    }
}
