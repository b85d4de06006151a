using System.CommandLine;
using DmIo.Cli.Arguments;
using DmIo.Cli.Exit;
using DmIo.Cli.Reports;
using DmIo.Cli.Service;
using DmIo.Cli.Streams;
using DmIo.Volumes;
using DmIo.Volumes.Client;

namespace DmIo.Cli.Commands;

/// <summary><c>dmio volume force</c>: makes legs that are too few, or too old, a volume of their own.</summary>
internal static class VolumeForceCommand
{
    private const string Description = "Make legs that are too few, or too old, a volume of their own.";

    private const string Details = """
        For the case that the other legs and witnesses are lost. What only they hold is LOST: also writes that were
        answered, if no leg that is named has them. The newest leg that is named is the source; everything is
        copied from it to the others when the volume is opened. Devices that are not named are not changed. They
        are Forked when they are named together with these: not used, and not synchronized. The first flush may
        fail, once: it says that writes may be lost.
        Make sure that no other process or machine uses the volume. Without --force, the command only shows what
        it would do, and ends with exit code 2. After an interruption, repeat the command.
        """;

    private const string Examples = """
          dmio volume create disk --leg a.img --leg b.img --leg c.img --create 64MiB
          rm a.img b.img
          dmio volume force --leg c.img --force
          head -c 1M /dev/urandom | dmio write --region vol:c.img@0
        """;

    private static readonly Option<bool> Force = new("--force")
    {
        Description = "Do it.",
    };

    private static readonly Option<bool> Inconsistent = new("--allow-inconsistent")
    {
        Description = "The source may be a leg whose copy did not end (Inconsistent) or without usable data (Blank).",
    };

    internal static Command Create(IConsoleStreams streams)
    {
        var command = new ExampleCommand("force", Description, Details, Examples) { Force, Inconsistent }
            .WithLegs();
        command.SetAction(parsed => RunAsync(parsed, RunContext.Of(parsed, streams)));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, RunContext context)
    {
        var (devices, isForced) = (VolumeCommand.DevicesOf(parsed), parsed.GetValue(Force));
        await using var session = await DeviceSession.StartAsync(context, isInspection: !isForced);
        var access = isForced ? DeviceAccess.Writing(parsed) : DeviceAccess.Reading(parsed);
        var options = await VolumeCommand.AttachAllAsync(session, devices, access) with
        {
            AllowInconsistentSource = parsed.GetValue(Inconsistent),
        };
        var found = await VolumeCommand.InspectAsync(context, session, options.Members, acceptsOtherData: true);
        var before = VolumeCommand.Describe(session, devices, found);
        if (!isForced)
        {
            throw new RefusedException(
                $"{string.Join(", ", devices.All)} would become the volume '{before.Volume}' without the other legs "
                + $"and witnesses of record {before.Record} of epoch {before.Epoch}, in sync "
                + $"{string.Join(", ", before.InSync)}, and what only those hold would be lost; give --force.");
        }

        context.Interrupted.ThrowIfCancellationRequested();
        ForcedVolume? forced = null;
        await VolumeCommand.ChangeAsync(
            async () => forced = await session.Service.ForceVolumeAsync(options), "Repeat the command.");
        var source = session.TextOf(forced!.Source);
        var record = forced.Record;
        var members = devices.All.Select(member => member.ToString()).ToList();
        var report = new ForcedReport(before.Volume, source, record.Lineage, record.ParentLineage, members);
        return context.Print(
            () => ReportJson.Write(report),
            (writer, _) => writer.WriteLine(
                $"the volume '{report.Volume}' now has the data of {source}: {devices.DeviceText}"),
            "the volume was forced")
            ? ExitCode.Ok
            : ExitCode.Failed;
    }
}
