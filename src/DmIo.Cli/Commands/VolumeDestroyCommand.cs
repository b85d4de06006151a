using System.CommandLine;
using DmIo.Cli.Arguments;
using DmIo.Cli.Exit;
using DmIo.Cli.Reports;
using DmIo.Cli.Service;
using DmIo.Cli.Streams;
using DmIo.Volumes.Client;

namespace DmIo.Cli.Commands;

/// <summary><c>dmio volume destroy</c>: erases the metadata of a volume that is not open.</summary>
internal static class VolumeDestroyCommand
{
    private const string Description = "Erase the metadata of a volume that is not open. Its data is LOST.";

    private const string Details = """
        The devices that are named are no legs and witnesses any more; a leg that is not named keeps its part.
        Without --force, the command only shows what it would erase, and ends with exit code 2. After an
        interruption, repeat the command.
        """;

    private const string Examples = """
          dmio volume create disk --leg a.img --leg b.img --create 64MiB
          dmio volume destroy --leg a.img --leg b.img --force
        """;

    private static readonly Option<bool> Force = new("--force")
    {
        Description = "Erase the metadata.",
    };

    internal static Command Create(IConsoleStreams streams)
    {
        var command = new ExampleCommand("destroy", Description, Details, Examples) { Force }
            .WithLegs();
        command.SetAction(parsed => RunAsync(parsed, RunContext.Of(parsed, streams)));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, RunContext context)
    {
        var (devices, isForced) = (VolumeCommand.DevicesOf(parsed), parsed.GetValue(Force));
        await using var session = await DeviceSession.StartAsync(context, isInspection: !isForced);
        var access = isForced ? DeviceAccess.Writing(parsed) : DeviceAccess.Reading(parsed);
        var options = await VolumeCommand.AttachAllAsync(session, devices, access);
        if (!isForced)
        {
            var found = await VolumeCommand.InspectAsync(context, session, options.Members);
            var report = VolumeCommand.Describe(session, devices, found);
            throw new RefusedException(
                $"the metadata of the volume '{report.Volume}' of {Quantity.Bytes(report.Size)}, which is "
                + $"{report.State}, would be erased on {string.Join(", ", devices.All)}, and its data would be lost; "
                + "give --force.");
        }

        context.Interrupted.ThrowIfCancellationRequested();
        await VolumeCommand.ChangeAsync(
            () => session.Service.DestroyVolumeAsync(options), "Repeat the command to erase the others.");
        var destroyed = new DestroyedReport([.. devices.All.Select(member => member.ToString())]);
        return context.Print(
            () => ReportJson.Write(destroyed),
            (writer, _) => writer.WriteLine($"erased: {string.Join(", ", destroyed.Erased)}"),
            "the metadata was erased")
            ? ExitCode.Ok
            : ExitCode.Failed;
    }
}
