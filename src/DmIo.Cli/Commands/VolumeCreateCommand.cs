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

/// <summary><c>dmio volume create</c> and <c>import</c>: write the metadata of a new volume.</summary>
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

    private const string ImportDescription = "Make a volume of an existing file or disk, which is not changed.";

    private const string ImportDetails = """
        The first leg is the source: the volume has its data and its size, and its metadata is on another device,
        'DATA;metadata=META'. A file META is created if it is missing, and must read as zeroes otherwise. The other
        legs get a copy when the volume is opened; what they hold is LOST. They need the size of DATA, and that of
        their metadata unless it is on another device too: 1 MiB, or 16.4 MiB per TiB of --max-size (twice the size
        of DATA by default) if that is more.
        From then on, use DATA only as a leg. Keep META: without it, DATA is no leg, and it is not known what the
        other legs lack. META belongs to the file DATA, and not to a copy of it.
        """;

    private const string ImportExamples = """
          truncate -s 64MiB disk.img
          dmio volume import disk --leg 'disk.img;metadata=disk.meta' --leg b.img --leg c.img --create 65MiB
          dmio serve --export disk='vol:disk.img;metadata=disk.meta,b.img,c.img'
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

    internal static Command Create(IConsoleStreams streams) =>
        Create(new ExampleCommand("create", Description, Details, Examples) { Name, Size }, streams, isImport: false);

    internal static Command CreateImport(IConsoleStreams streams) => Create(
        new ExampleCommand("import", ImportDescription, ImportDetails, ImportExamples) { Name },
        streams,
        isImport: true);

    private static ExampleCommand Create(ExampleCommand command, IConsoleStreams streams, bool isImport)
    {
        command.With([MaxSize, Force, AllowUnfenced, SharedOptions.Create]).WithLegs()
            .SetAction(parsed => RunAsync(parsed, RunContext.Of(parsed, streams), isImport));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, RunContext context, bool isImport)
    {
        var devices = VolumeCommand.DevicesOf(parsed);
        await using var session = await DeviceSession.StartAsync(context);
        var options = await AttachAsync(session, devices, parsed, isImport);
        context.Interrupted.ThrowIfCancellationRequested();
        await VolumeCommand.ChangeAsync(
            () => isImport ? session.Service.ImportVolumeAsync(options) : session.Service.CreateVolumeAsync(options),
            "The volume is not complete: repeat the command with --force.");
        session.KeepCreatedFiles();
        var found = await VolumeCommand.InspectAsync(context, session, options.Members);
        var report = VolumeCommand.Describe(session, devices, found);
        return context.Print(
            () => ReportJson.Write(report),
            (writer, _) => writer.WriteLine(
                $"{(isImport ? "imported" : "created")} the volume '{report.Volume}' of {Quantity.Bytes(report.Size)}: "
                + devices.DeviceText),
            "the volume was created")
            ? ExitCode.Ok
            : ExitCode.Failed;
    }

    private static async Task<VolumeOptions> AttachAsync(
        DeviceSession session, VolumeArgument devices, ParseResult parsed, bool isImport)
    {
        var (created, maxSize) = (parsed.GetValue(SharedOptions.Create), parsed.GetValue(MaxSize));
        var legs = new List<LegDevices>();
        foreach (var leg in devices.Legs)
        {
            // The first leg of an import exists.
            var access = DeviceAccess.Writing(parsed, isImport && legs.Count == 0 ? null : created);
            legs.Add(await VolumeCommand.AttachNewAsync(session, leg, access, maxSize));
        }

        var witnesses = await VolumeCommand.AttachAsync(
            session,
            devices.WitnessDevices,
            DeviceAccess.Writing(parsed, created is null ? null : WitnessSize));
        return new VolumeOptions
        {
            Name = parsed.GetRequiredValue(Name),
            Legs = legs,
            Witnesses = [.. witnesses.Select(witness => witness.Data)],
            Size = isImport ? null : parsed.GetValue(Size),
            MaxSize = maxSize,
            Force = parsed.GetValue(Force),
            AllowUnfenced = parsed.GetValue(AllowUnfenced),
        };
    }
}
