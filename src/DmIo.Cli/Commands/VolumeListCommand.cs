using System.CommandLine;
using DmIo.Cli.Arguments;
using DmIo.Cli.Exit;
using DmIo.Cli.Http;
using DmIo.Cli.Reports;
using DmIo.Cli.Service;
using DmIo.Cli.Streams;
using DmIo.Devices;
using DmIo.Volumes;
using DmIo.Volumes.Dump;

namespace DmIo.Cli.Commands;

/// <summary><c>dmio volume list</c>: the volumes that devices are legs and witnesses of.</summary>
internal static class VolumeListCommand
{
    private const string Description = "List the volumes that devices belong to.";

    private const string Details = """
        Reads the metadata of the devices that are named, and of those of --config, and writes nothing. A device
        that cannot be read, as one that a running process has open, is listed with the reason. --node lists the
        open volumes of a running service.
        """;

    private const string Examples = """
          dmio volume create disk --leg a.img --leg b.img --create 64MiB
          dmio volume list *.img
          dmio volume list a.img --json
        """;

    private static readonly Argument<string[]> Devices = new("DEVICE")
    {
        Description = "A path, a URI (nbd://host/name), or the name of a device in --config. [default: all devices of "
            + "--config]",
        Arity = ArgumentArity.ZeroOrMore,
    };

    internal static Command Create(IConsoleStreams streams)
    {
        var command = new ExampleCommand("list", Description, Details, Examples) { Devices, NodeVolume.Node }
            .With([.. DeviceAccess.Options, SharedOptions.Json, SharedOptions.Config, SharedOptions.Verbose]);
        command.SetAction(parsed => RunAsync(parsed, RunContext.Of(parsed, streams)));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, RunContext context)
    {
        var named = parsed.GetValue(Devices) ?? [];
        if (parsed.GetValue(NodeVolume.Node) is not null)
        {
            return named.Length == 0 && context.ConfigPath is null
                ? Print(context, new VolumeListReport(
                    [.. (await NodeVolume.ListAsync(parsed, context)).Volumes.Select(VolumeReport.Of)], Others: null))
                : throw new RefusedException("--node lists the volumes of a service; give no device and no --config.");
        }

        if (named.Length == 0 && context.ConfigPath is null)
        {
            throw new RefusedException("no device: name a device, or give --config FILE.");
        }

        if (Array.Find(named, VolumeArgument.Is) is { } volume)
        {
            throw new RefusedException($"'{volume}' is a volume; give its devices.");
        }

        await using var session = await DeviceSession.StartAsync(context, isInspection: true);
        var (names, others) = (new List<LegDevices>(), new List<MissingReport>());
        foreach (var text in named)
        {
            try
            {
                names.Add(await LegDevices.Parse(text).SelectAsync(
                    device => session.AttachAsync(device, DeviceAccess.Reading(parsed))));
            }
            catch (DeviceOpenException fault)
            {
                others.Add(new MissingReport(text, fault.Message));
            }
        }

        if (named.Length == 0)
        {
            names.AddRange((await session.GetDevicesAsync()).Select(device => new LegDevices(device.Name)));
            others.AddRange(session.MissingDevices.Select(device => new MissingReport(device.Name, device.Reason)));
        }

        var found = await VolumeCommand.InspectAsync(context, session, names.Distinct());
        return Print(context, Describe(session, found, others));
    }

    private static int Print(RunContext context, VolumeListReport report) =>
        context.Print(
            () => ReportJson.Write(report),
            report.Write,
            $"{report.Volumes.Count} {(report.Volumes.Count == 1 ? "volume was" : "volumes were")} found")
            ? ExitCode.Ok
            : ExitCode.Failed;

    private static VolumeListReport Describe(
        DeviceSession session, IReadOnlyList<LegInspection> found, List<MissingReport> others)
    {
        others.AddRange(found.Where(leg => leg.Reading.Superblock is null).Select(leg => new MissingReport(
            session.TextOf(leg.Device),
            leg.Reading.IsBlank ? "It is no leg or witness of a volume." : leg.Reading.Fault ?? "")));
        var volumes = new List<VolumeReport>();
        foreach (var group in found.Where(leg => leg.Reading.Superblock?.Accepted is not null)
            .GroupBy(leg => leg.Reading.Superblock!.Volume))
        {
            var legs = group.ToList();
            try
            {
                volumes.Add(VolumeReport.Of(ClosedVolume.Of(legs), legs, session.TextOf));
            }
            catch (VolumeException fault)
            {
                // The volume was forced twice: its devices are of two volumes now.
                others.AddRange(legs.Select(leg => new MissingReport(session.TextOf(leg.Device), fault.Message)));
            }
        }

        return new VolumeListReport(
            [.. volumes.OrderBy(volume => volume.Volume, StringComparer.Ordinal)], others.Count == 0 ? null : others);
    }
}
