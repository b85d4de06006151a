using System.CommandLine;
using DmIo.Cli.Arguments;
using DmIo.Cli.Exit;
using DmIo.Cli.Reports;
using DmIo.Cli.Service;
using DmIo.Cli.Streams;
using DmIo.Io;
using DmIo.Volumes;
using DmIo.Volumes.Client;

namespace DmIo.Cli.Commands;

/// <summary><c>dmio volume create</c>: writes the metadata of a new volume.</summary>
internal static class VolumeCreateCommand
{
    private const string Description = "Create a replicated volume. What its legs hold is LOST.";

    private const string Details = """
        The metadata takes the start of each leg: a MiB, and 16.4 MiB per TiB. A leg that holds a volume, a file
        system or a partition table is refused without --force. Missing files are created with --create; a
        witness that is created has 16 KiB.
        If a leg is not known to read as zeroes, the first leg is the source, and the volume copies it to the
        others when it is opened.
        """;

    private const string Examples = """
          dmio volume create disk --leg a.img --leg b.img --witness w.img --create 64MiB
          head -c 1M /dev/urandom | dmio write --region 'vol:a.img,b.img;witness=w.img@0'
          dmio volume create disk --leg a.img --leg b.img --witness w.img --size 32MiB --force
        """;

    // Only for witnesses that are created: it is the smallest witness.
    private static readonly ByteSize WitnessSize = ByteSize.FromKiB(16);

    private static readonly Argument<string> Name = new("NAME")
    {
        Description = "The name of the volume: up to 64 bytes, without '@' and ','.",
    };

    private static readonly Option<ByteSize?> Size = new("--size")
    {
        Description = "The size of the volume. [default: what fits on the smallest leg]",
        HelpName = "SIZE",
        CustomParser = OptionValues.ReadSize,
    };

    private static readonly Option<ByteSize?> MaxSize = new("--max-size")
    {
        Description = "The size up to which the volume can grow; the legs reserve 16.4 MiB per TiB for it. "
            + "[default: twice the size, or more]",
        HelpName = "SIZE",
        CustomParser = OptionValues.ReadSize,
    };

    private static readonly Option<bool> Force = new("--force")
    {
        Description = "Replace what the legs hold, even if it is a volume or a file system.",
    };

    private static readonly Option<bool> AllowUnfenced = new("--allow-unfenced")
    {
        Description = "Allow legs that another program could write to behind the volume, such as exports of NBD "
            + "servers. The volume is bound to this host.",
    };

    internal static Command Create(IConsoleStreams streams)
    {
        var command = new ExampleCommand("create", Description, Details, Examples)
        {
            Name, Size, MaxSize, Force, AllowUnfenced, SharedOptions.Create,
        }.WithLegs();
        command.SetAction(parsed => RunAsync(parsed, RunContext.Of(parsed, streams)));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, RunContext context)
    {
        var devices = VolumeCommand.DevicesOf(parsed);
        var created = parsed.GetValue(SharedOptions.Create);
        await using var session = await DeviceSession.StartAsync(context);
        var options = new VolumeOptions
        {
            Name = parsed.GetRequiredValue(Name),
            Legs = await VolumeCommand.AttachAsync(session, devices.Legs, DeviceAccess.Writing(parsed, created)),
            Witnesses = await VolumeCommand.AttachAsync(
                session,
                devices.Witnesses,
                DeviceAccess.Writing(parsed, created is null ? null : WitnessSize)),
            Size = parsed.GetValue(Size),
            MaxSize = parsed.GetValue(MaxSize),
            Force = parsed.GetValue(Force),
            AllowUnfenced = parsed.GetValue(AllowUnfenced),
        };
        context.Interrupted.ThrowIfCancellationRequested();
        await VolumeCommand.ChangeAsync(
            () => session.Service.CreateVolumeAsync(options),
            "The volume is not complete: create it again with --force.");
        session.KeepCreatedFiles();
        var found = await VolumeCommand.InspectAsync(context, session, [.. options.Legs, .. options.Witnesses]);
        var report = VolumeCommand.Describe(session, devices, found);
        return context.Print(
            () => ReportJson.Write(report),
            (writer, _) => writer.WriteLine(
                $"created the volume '{report.Volume}' of {Quantity.Bytes(report.Size)}: {devices.DeviceText}"),
            "the volume was created")
            ? ExitCode.Ok
            : ExitCode.Failed;
    }
}
