using System.CommandLine;
using DmIo.AspNetCore.Documents;
using DmIo.Cli.Arguments;
using DmIo.Cli.Exit;
using DmIo.Cli.Http;
using DmIo.Cli.Reports;
using DmIo.Cli.Service;
using DmIo.Cli.Streams;
using DmIo.Volumes;
using DmIo.Volumes.Client;

namespace DmIo.Cli.Commands;

/// <summary><c>dmio volume stop</c> and <c>dmio volume start</c>: the flag that keeps a volume from being
/// opened.</summary>
internal static class VolumeStopCommand
{
    private const string StopDescription = "Stop a volume: nothing opens it until it is started.";
    private const string StartDescription = "Start a volume that was stopped.";

    private const string Details = """
        The flag is in the record of the volume, so most of its legs and witnesses are needed (of two legs without
        a witness: every leg in sync). The legs of an open volume are locked by its process: stop it there, with --node.
        """;

    private const string Examples = """
          dmio volume create disk --leg a.img --leg b.img --leg c.img --create 64MiB
          dmio volume stop --leg a.img --leg b.img --leg c.img
          dmio volume start --leg a.img --leg b.img --leg c.img
          dmio flush --region vol:a.img,b.img,c.img@0
        """;

    internal static Command CreateStop(IConsoleStreams streams) => Create(
        "stop", StopDescription, streams, (service, options) => service.StopVolumeAsync(options));

    internal static Command CreateStart(IConsoleStreams streams) => Create(
        "start", StartDescription, streams, (service, options) => service.StartVolumeAsync(options));

    private static ExampleCommand Create(
        string name,
        string description,
        IConsoleStreams streams,
        Func<DmIo.Actors.Client.DmIoService, VolumeOptions, Task> change)
    {
        var command = new ExampleCommand(name, description, Details, Examples);
        command = name == "stop" ? command.WithLegsOrNode() : command.WithLegs();
        command.SetAction(parsed => RunAsync(parsed, RunContext.Of(parsed, streams), change));
        return command;
    }

    private static async Task<int> RunAsync(
        ParseResult parsed, RunContext context, Func<DmIo.Actors.Client.DmIoService, VolumeOptions, Task> change)
    {
        if (parsed.GetResult(NodeVolume.Node) is not null)
        {
            using var volume = await NodeVolume.OpenAsync(parsed, context);
            var last = await volume.RunAsync("stop", new EmptyRequest(), EndpointJson.Default.EmptyRequest);
            return Print(context, VolumeReport.Of(last.Volume!));
        }

        var devices = VolumeCommand.DevicesOf(parsed);
        await using var session = await DeviceSession.StartAsync(context);
        var options = await VolumeCommand.AttachFoundAsync(context, session, devices, DeviceAccess.Writing(parsed));
        context.Interrupted.ThrowIfCancellationRequested();
        await VolumeCommand.ChangeAsync(() => change(session.Service, options), "Repeat the command.");
        var found = await VolumeCommand.InspectAsync(context, session, options.Members);
        return Print(context, VolumeCommand.Describe(session, devices, found));
    }

    private static int Print(RunContext context, VolumeReport report) =>
        context.Print(
            () => ReportJson.Write(report),
            (writer, _) => writer.WriteLine($"the volume '{report.Volume}' is {report.State}"),
            $"the volume is {report.State}")
            ? ExitCode.Ok
            : ExitCode.Failed;
}
