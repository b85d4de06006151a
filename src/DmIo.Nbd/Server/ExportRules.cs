using Akka.Actor;
using DmIo.Actors.Client;
using DmIo.Devices;
using DmIo.Io;
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
        { Devices: null } => $"'{export.Name}' names no devices; give 1 to {ErrorBits.Capacity}.",
        { Devices.Count: < 1 or > ErrorBits.Capacity } =>
            $"'{export.Name}' has {export.Devices.Count} devices; give 1 to {ErrorBits.Capacity}.",
        _ when export.Devices.Distinct(StringComparer.Ordinal).Count() < export.Devices.Count =>
            $"'{export.Name}' names a device twice; name each copy once.",
        { Pages: < MinPages } =>
            $"'{export.Name}' has {export.Pages} pages; give at least {MinPages}.",
        _ => null,
    };

    /// <summary>Looks up the devices, and gets the lease.</summary>
    internal static async Task<ExportPrepared> PrepareAsync(DmIoService service, NbdExport export, IActorRef replyTo)
    {
        try
        {
            var attached = await service.GetDevicesAsync().ConfigureAwait(false);
            var devices = new List<DeviceDescription>();
            foreach (var name in export.Devices)
            {
                if (attached.FirstOrDefault(device => device.Name == name) is not { } found)
                {
                    return Fault($"No device named '{name}' is attached, so '{export.Name}' cannot be served.");
                }

                if (found.Description.ReadsAfterFailure && export.Devices.Count > 1)
                {
                    return Fault(
                        $"'{name}' is one of {export.Devices.Count} copies of '{export.Name}' and has "
                        + "read-after-failure = on: a copy that failed would return old data while others are current. "
                        + "Set it to off, or export the device alone.");
                }

                devices.Add(found.Description);
            }

            var client = await service.OpenAsync(export.Pages).ConfigureAwait(false);
            return new ExportPrepared(export, replyTo, devices, client, "");
        }
        catch (Exception fault)
        {
            // Catches everything: the caller waits for an answer.
            return Fault(fault.Message);
        }

        ExportPrepared Fault(string reason) => new(export, replyTo, [], null, reason);
    }
}
