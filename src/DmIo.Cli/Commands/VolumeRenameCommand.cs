using System.CommandLine;
using DmIo.Cli.Arguments;
using DmIo.Cli.Exit;
using DmIo.Cli.Reports;
using DmIo.Cli.Service;
using DmIo.Cli.Streams;
using DmIo.Volumes.Client;

namespace DmIo.Cli.Commands;

/// <summary><c>dmio volume rename</c>: another name for a volume that is not open.</summary>
internal static class VolumeRenameCommand
{
    private const string Description = "Give a volume that is not open another name.";

    private const string Details = """
        The name is written on each leg and witness, so all of them are needed. After an interruption, repeat the
        command.
        """;

    private const string Examples = """
          dmio volume create disk --leg a.img --leg b.img --create 64MiB
          dmio volume rename archive --leg a.img --leg b.img
        """;

    private static readonly Argument<string> Name = new("NAME")
    {
        Description = "The new name: up to 64 bytes, without '@' and ','.",
    };

    internal static Command Create(IConsoleStreams streams)
    {
        var command = new ExampleCommand("rename", Description, Details, Examples) { Name }
            .WithLegs();
        command.SetAction(parsed => RunAsync(parsed, RunContext.Of(parsed, streams)));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, RunContext context)
    {
        var (devices, name) = (VolumeCommand.DevicesOf(parsed), parsed.GetRequiredValue(Name));
        await using var session = await DeviceSession.StartAsync(context);
        var options = await VolumeCommand.AttachAllAsync(session, devices, DeviceAccess.Writing(parsed));
        context.Interrupted.ThrowIfCancellationRequested();
        await VolumeCommand.ChangeAsync(
            () => session.Service.RenameVolumeAsync(options, name), "Repeat the command to rename the others.");
        var found = await VolumeCommand.InspectAsync(context, session, options.Members);
        var report = VolumeCommand.Describe(session, devices, found);
        return context.Print(
            () => ReportJson.Write(report),
            (writer, _) => writer.WriteLine($"the volume is named '{report.Volume}'"),
            "the volume was renamed")
            ? ExitCode.Ok
            : ExitCode.Failed;
    }
}
