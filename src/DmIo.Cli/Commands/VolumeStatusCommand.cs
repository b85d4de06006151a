using System.CommandLine;
using DmIo.Cli.Arguments;
using DmIo.Cli.Exit;
using DmIo.Cli.Http;
using DmIo.Cli.Reports;
using DmIo.Cli.Service;
using DmIo.Cli.Streams;

namespace DmIo.Cli.Commands;

/// <summary><c>dmio volume status</c>: the state of a volume that is not open.</summary>
internal static class VolumeStatusCommand
{
    private const string Description = "Show the state of a volume.";

    private const string Details = """
        Reads the metadata of the legs and witnesses, and writes nothing. The state is Closed, or Unclean if the
        volume was not closed: then the next opening recovers it. A leg is InSync, Outdated, Inconsistent (it
        was being copied to), Blank (it is new, or its file was truncated), or Absent (it was not found). The
        record is the newest one that the devices have; devices that are not named may have a newer one.
        The legs of an open volume are locked by its process: --node asks the process. The state is then that of
        the open volume: Healthy, Recovering, Degraded (a leg is not in sync), Suspended or Fenced.
        """;

    private const string Examples = """
          dmio volume create disk --leg a.img --leg b.img --leg c.img --create 64MiB
          dmio volume status --leg a.img --leg b.img --leg c.img
          dmio volume status --leg a.img --leg b.img --json
        """;

    internal static Command Create(IConsoleStreams streams)
    {
        var command = new ExampleCommand("status", Description, Details, Examples).WithLegsOrNode();
        command.SetAction(parsed => RunAsync(parsed, RunContext.Of(parsed, streams)));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, RunContext context)
    {
        if (parsed.GetValue(NodeVolume.Node) is not null)
        {
            using var volume = await NodeVolume.OpenAsync(parsed, context);
            return Print(context, await volume.GetAsync());
        }

        var devices = VolumeCommand.DevicesOf(parsed);
        await using var session = await DeviceSession.StartAsync(context, isInspection: true);
        var options = await VolumeCommand.AttachFoundAsync(context, session, devices, DeviceAccess.Reading(parsed));
        var found = await VolumeCommand.InspectAsync(context, session, options.Members);
        return Print(context, VolumeCommand.Describe(session, devices, found));
    }

    private static int Print(RunContext context, VolumeReport report) =>
        context.Print(() => ReportJson.Write(report), report.Write, $"the volume is {report.State}")
            ? ExitCode.Ok
            : ExitCode.Failed;
}
