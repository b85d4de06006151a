using DmIo.Nbd.Server;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Cli;

/// <summary>What <c>dmio serve</c> prints when clients may come.</summary>
internal sealed record ServeReport(IReadOnlyList<ServedExport> Exports)
{
    /// <summary>Exports that are offered once their devices are attached.</summary>
    public IReadOnlyList<WaitingExportReport> Waiting { get; init; } = [];

    /// <param name="server">It listens.</param>
    /// <param name="served">Its exports.</param>
    /// <param name="devices">Those of the service.</param>
    /// <param name="textOf">How the command line names a device.</param>
    internal static ServeReport Of(
        NbdServer server,
        IReadOnlyList<NbdExportStatus> served,
        IReadOnlyList<DeviceStatus> devices,
        Func<string, string> textOf)
    {
        var byName = devices.ToDictionary(device => device.Name, StringComparer.Ordinal);
        return new ServeReport([.. served.Select(export => new ServedExport
        {
            Name = export.Export.Name,
            Bytes = export.Size.Bytes,
            ReadOnly = export.Export.IsReadOnly
                || export.Export.Devices.Any(device => byName[device].Description.IsReadOnly),
            Default = export.Export.IsDefault,
            Pages = export.Export.Pages,
            Devices = [.. export.Export.Devices.Select(device => new ServedDevice(
                textOf(device),
                byName[device].Description.Backend,
                byName[device].Description.Mode.ToString().ToLowerInvariant())
            {
                TailBytes = byName[device].Description.TailBytes is > 0 and var tail ? tail : null,
            })],
            Uris = [.. server.UrisOf(export.Export.Name).Select(uri => uri.ToString())],
        })]);
    }
}

/// <summary>One export, and where clients find it.</summary>
internal sealed record ServedExport
{
    public required string Name { get; init; }

    public required long Bytes { get; init; }

    public required bool ReadOnly { get; init; }

    /// <summary>Clients that name none get it.</summary>
    public required bool Default { get; init; }

    public required int Pages { get; init; }

    public required IReadOnlyList<ServedDevice> Devices { get; init; }

    /// <summary>One for each address and socket.</summary>
    public required IReadOnlyList<string> Uris { get; init; }
}

/// <summary>An export one of whose devices is missing, and all of its devices.</summary>
internal sealed record WaitingExportReport(string Name, IReadOnlyList<string> Devices);

/// <summary>A device behind an export: as the command line names it, its backend, and how that serves.</summary>
internal sealed record ServedDevice(string Device, string Backend, string Mode)
{
    /// <summary>At the end of its file, not part of the device, since they fill no sector.</summary>
    public int? TailBytes { get; init; }
}
