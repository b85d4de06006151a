using System.CommandLine;
using DmIo.AspNetCore.Documents;
using DmIo.Cli.Arguments;
using DmIo.Cli.Exit;
using DmIo.Cli.Http;
using DmIo.Cli.Reports;
using DmIo.Cli.Service;
using DmIo.Cli.Streams;
using DmIo.Io;
using DmIo.Volumes.Client;

namespace DmIo.Cli.Commands;

/// <summary><c>dmio volume grow</c>: gives a volume a larger size.</summary>
internal static class VolumeGrowCommand
{
    private const string Description = "Grow a volume.";

    private const string Details = """
        Enlarge the files or disks of all legs first. The new area is zeroed on the legs, and reads as zeroes. A leg
        has maps up to a maximum size (dmio volume dump shows it): twice the size that it was created for, or
        --max-size. A leg that is replaced gets maps for twice its capacity. A leg that is missing must be attached
        or removed first. After an interruption, repeat the command.
        --node grows a volume that a running service has open; its legs have room if they were replaced by larger
        ones, or if the volume was created smaller than they are.
        """;

    private const string Examples = """
          dmio volume create disk --leg a.img --leg b.img --create 64MiB
          truncate -s 96MiB a.img b.img
          dmio volume grow --leg a.img --leg b.img
        """;

    private static readonly Option<ByteSize?> Size = new("--size")
    {
        Description = "The new size of the volume. [default: what fits on the smallest leg]",
        HelpName = "SIZE",
        CustomParser = OptionValues.ReadSize,
    };

    internal static Command Create(IConsoleStreams streams)
    {
        var command = new ExampleCommand("grow", Description, Details, Examples) { Size }
            .WithLegsOrNode();
        command.SetAction(parsed => RunAsync(parsed, RunContext.Of(parsed, streams)));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, RunContext context)
    {
        if (parsed.GetValue(NodeVolume.Node) is not null)
        {
            using var open = await NodeVolume.OpenAsync(parsed, context);
            var last = await open.RunAsync(
                "grow", new GrowRequest(parsed.GetValue(Size)?.Bytes), EndpointJson.Default.GrowRequest);
            return Print(context, VolumeReport.Of(last.Volume!));
        }

        var devices = VolumeCommand.DevicesOf(parsed);
        await using var session = await DeviceSession.StartAsync(context);
        var options = await VolumeCommand.AttachAllAsync(session, devices, DeviceAccess.Writing(parsed));
        context.Interrupted.ThrowIfCancellationRequested();
        await VolumeCommand.ChangeAsync(
            async () =>
            {
                await using var volume = await session.Service.OpenVolumeAsync(options);
                await GrowAsync(volume, parsed.GetValue(Size), context);
            },
            "Repeat the command.");
        var found = await VolumeCommand.InspectAsync(context, session, options.Members);
        return Print(context, VolumeCommand.Describe(session, devices, found));
    }

    private static int Print(RunContext context, VolumeReport report) => context.Print(
        () => ReportJson.Write(report),
        (writer, _) => writer.WriteLine($"the volume '{report.Volume}' has {Quantity.Bytes(report.Size)}"),
        "the volume has grown")
        ? ExitCode.Ok
        : ExitCode.Failed;

    private static async Task GrowAsync(Volume volume, ByteSize? size, RunContext context)
    {
        var before = (await volume.GetStatusAsync()).Record.Size;
        var progress = new TransferProgress { TotalBytes = size is { } wanted ? wanted.Bytes - before.Bytes : null };
        await context.TimeAsync(
            progress, () => volume.GrowAsync(size, new Bar(progress), context.Interrupted));
    }

    private sealed class Bar(TransferProgress progress) : IProgress<ByteSize>
    {
        public void Report(ByteSize value) => progress.Add(Math.Max(0, value.Bytes - progress.DoneBytes));
    }
}
