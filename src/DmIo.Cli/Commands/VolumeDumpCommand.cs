using System.CommandLine;
using DmIo.Cli.Arguments;
using DmIo.Cli.Exit;
using DmIo.Cli.Reports;
using DmIo.Cli.Service;
using DmIo.Cli.Streams;
using DmIo.Volumes;

namespace DmIo.Cli.Commands;

/// <summary><c>dmio volume dump</c>: the metadata of one leg or witness.</summary>
internal static class VolumeDumpCommand
{
    private const string Description = "Show the metadata of a leg or witness.";

    private const string Details = """
        Shows the four copies of the superblock, the record, the active map (extents of 4 MiB with writes that
        may differ between legs), and the missed maps (regions of 64 KiB that other legs lack). Writes nothing.
        The exit code is 1 if the superblock cannot be used.
        """;

    private const string Examples = """
          dmio volume create disk --leg a.img --leg b.img --create 64MiB
          dmio volume dump a.img
          dmio volume dump b.img --json
        """;

    private static readonly Argument<string> Device = new("DEVICE")
    {
        Description = "A path, a URI (nbd://host/name), or the name of a device in --config: the device with the "
            + "metadata.",
    };

    internal static Command Create(IConsoleStreams streams)
    {
        var command = new ExampleCommand("dump", Description, Details, Examples)
        {
            Device,
        }.With([.. DeviceAccess.Options, SharedOptions.Json, SharedOptions.Config, SharedOptions.Verbose]);
        command.SetAction(parsed => RunAsync(parsed, RunContext.Of(parsed, streams)));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, RunContext context)
    {
        var text = parsed.GetRequiredValue(Device);
        if (VolumeArgument.Is(text))
        {
            throw new RefusedException($"'{text}' is a volume; give one of its legs or witnesses.");
        }

        await using var session = await DeviceSession.StartAsync(context, isInspection: true);
        var names = await VolumeCommand.AttachAsync(session, [LegDevices.Parse(text)], DeviceAccess.Reading(parsed));
        var found = await VolumeCommand.InspectAsync(context, session, names);
        var dump = found[0].Dump;
        var isPrinted = context.Print(
            () => ReportJson.Write(dump),
            (writer, _) =>
            {
                foreach (var line in dump.Lines())
                {
                    writer.WriteLine(line);
                }
            },
            $"the superblock is {dump.Outcome}");
        return isPrinted && dump.Superblock is not null ? ExitCode.Ok : ExitCode.Failed;
    }
}
