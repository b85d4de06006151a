using System.CommandLine;
using System.Globalization;
using DmIo.AspNetCore.Documents;
using DmIo.Cli.Arguments;
using DmIo.Cli.Exit;
using DmIo.Cli.Http;
using DmIo.Cli.Reports;
using DmIo.Cli.Service;
using DmIo.Cli.Streams;
using DmIo.Volumes;
using DmIo.Volumes.Client;
using DmIo.Volumes.Record;

namespace DmIo.Cli.Commands;

/// <summary><c>dmio volume add-leg</c>, <c>add-witness</c>, <c>replace-leg</c>, <c>remove-leg</c> and <c>resync</c>:
/// the volume is opened for the change, and closed afterwards.</summary>
internal static class VolumeLegCommands
{
    private const string AddDescription = "Add a leg to a volume, and copy the data to it.";
    private const string WitnessDescription = "Add a witness to a volume.";
    private const string ReplaceDescription = "Add a leg, copy the data to it, and then remove another one.";
    private const string RemoveDescription = "Remove a leg or witness of a volume.";
    private const string ResyncDescription = "Wait until the legs of a volume are in sync.";

    private const string DrainedDescription =
        "Use the legs of servers that were started again, after a volume was not closed.";

    private const string Details = """
        The change is in the record of the volume, so most of its legs and witnesses are needed (of two legs without
        a witness: every leg in sync). A leg that is replaced stays a source until the new one is in sync. A leg or
        witness that is removed is named by its device, or by its number if it is gone (dmio volume status).
        A leg that cannot be fenced, such as an export of an NBD server, is not used after a crash until
        drained has said that its server was started again: before that, it may execute old writes.
        With --node, a running service changes its open volume, and opens the new device; an interrupt ends the
        wait, and not the change.
        """;

    private const string Examples = """
          dmio volume create disk --leg a.img --leg b.img --create 64MiB
          dmio volume add-leg c.img --leg a.img --leg b.img --create 64MiB
          dmio volume remove-leg c.img --leg a.img --leg b.img --leg c.img
          dmio volume resync --leg a.img --leg b.img
        """;

    private const string Drained = "drained";

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    private static readonly Argument<string> Added = new("DEVICE")
    {
        Description = "The new device: a path, a URI, or the name of a device in --config. A leg with its metadata on "
            + "another device is 'DEVICE;metadata=DEVICE'.",
    };

    private static readonly Argument<string> Removed = new("MEMBER")
    {
        Description = "The leg or witness: its device, or its number.",
    };

    private static readonly Option<bool> Force = new("--force")
    {
        Description = "Replace what the new device holds, also if it is a volume or a file system.",
    };

    internal static IEnumerable<Command> CreateAll(IConsoleStreams streams) =>
    [
        Create("add-leg", AddDescription, [Added], streams, change => change.AddLegAsync()),
        Create("add-witness", WitnessDescription, [Added], streams, change => change.AddWitnessAsync()),
        Create("replace-leg", ReplaceDescription, [Removed, Added], streams, change => change.ReplaceAsync()),
        Create("remove-leg", RemoveDescription, [Removed], streams, change => change.RemoveAsync()),
        Create("resync", ResyncDescription, [], streams, static _ => Task.CompletedTask),
        Create(Drained, DrainedDescription, [], streams, static _ => Task.CompletedTask),
    ];

    private static ExampleCommand Create(
        string name,
        string description,
        IReadOnlyList<Argument> arguments,
        IConsoleStreams streams,
        Func<Change, Task> change)
    {
        var command = new ExampleCommand(name, description, Details, Examples);
        foreach (var argument in arguments)
        {
            command.Add(argument);
        }

        if (arguments.Contains(Added))
        {
            command.Add(Force);
            command.Add(SharedOptions.Create);
        }

        // The service of an open volume has decided already which legs it uses.
        (name == Drained ? command.WithLegs() : command.WithLegsOrNode())
            .SetAction(parsed => RunAsync(parsed, RunContext.Of(parsed, streams), change));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, RunContext context, Func<Change, Task> change)
    {
        if (parsed.GetValue(NodeVolume.Node) is not null)
        {
            return await AskNodeAsync(parsed, context);
        }

        var devices = VolumeCommand.DevicesOf(parsed);
        await using var session = await DeviceSession.StartAsync(context);
        var options = await VolumeCommand.AttachFoundAsync(context, session, devices, DeviceAccess.Writing(parsed));
        context.Interrupted.ThrowIfCancellationRequested();
        IReadOnlyList<LegDevices> members = [];
        await VolumeCommand.ChangeAsync(
            async () =>
            {
                await using var volume = await session.Service.OpenVolumeAsync(options with
                {
                    AreServersDrained = parsed.CommandResult.Command.Name == Drained,
                });
                var changing = new Change(session, volume, parsed, context);
                await change(changing);
                members = await changing.UntilInSyncAsync();
            },
            "Repeat the command.");
        var witnesses = options.WitnessDevices.Except(members);
        var found = await VolumeCommand.InspectAsync(context, session, [.. members, .. witnesses]);
        return Print(context, VolumeCommand.Describe(session, devices, found));
    }

    private static int Print(RunContext context, VolumeReport report) =>
        context.Print(() => ReportJson.Write(report), report.Write, $"the volume is {report.State}")
            ? ExitCode.Ok
            : ExitCode.Failed;

    /// <summary>Runs the operation of the service that has the name of the command, then waits until every leg is in
    /// sync.</summary>
    private static async Task<int> AskNodeAsync(ParseResult parsed, RunContext context)
    {
        using var volume = await NodeVolume.OpenAsync(parsed, context);
        var (operation, json) = (parsed.CommandResult.Command.Name, EndpointJson.Default);
        var create = parsed.GetValue(SharedOptions.Create)?.Bytes;
        var force = parsed.GetValue(Force);
        var added = parsed.GetValue(Added) is { } text
            ? (await LegDevices.Parse(text).SelectAsync(volume.DeviceOfAsync)).ToString()
            : "";
        var removed = parsed.GetValue(Removed) ?? "";
        switch (operation)
        {
            case "add-leg" or "add-witness":
                await volume.RunAsync(operation, new AddMemberRequest(added, force, create), json.AddMemberRequest);
                break;
            case "replace-leg":
                await volume.RunAsync(
                    operation, new ReplaceLegRequest(removed, added, force, create), json.ReplaceLegRequest);
                break;
            case "remove-leg":
                await volume.RunAsync(operation, new RemoveMemberRequest(removed), json.RemoveMemberRequest);
                break;
        }

        var last = await volume.RunAsync("resync", new EmptyRequest(), json.EmptyRequest);
        return Print(context, VolumeReport.Of(last.Volume!));
    }

    /// <summary>A change of an open volume, and its arguments.</summary>
    private sealed class Change(DeviceSession session, Volume volume, ParseResult parsed, RunContext context)
    {
        private readonly MemberOptions options = new(Force: parsed.GetValue(Force));

        internal async Task AddLegAsync() =>
            await volume.AddLegAsync(await AttachAsync(), options, context.Interrupted);

        internal async Task AddWitnessAsync() =>
            await volume.AddWitnessAsync((await AttachAsync()).Data, options, context.Interrupted);

        internal async Task RemoveAsync() => await volume.RemoveAsync(await MemberAsync(), context.Interrupted);

        internal async Task ReplaceAsync() => await volume.ReplaceLegAsync(
            await MemberAsync(), await AttachAsync(), options, context.Interrupted);

        /// <summary>Waits until every leg that was found is in sync.</summary>
        /// <returns>The devices of the legs.</returns>
        internal async Task<IReadOnlyList<LegDevices>> UntilInSyncAsync()
        {
            var status = await volume.GetStatusAsync();
            var total = status.Legs.Sum(leg => leg.Missed.Bytes);
            var progress = new TransferProgress { TotalBytes = total };
            await context.TimeAsync(progress, async () =>
            {
                while (status.Legs.Any(leg => leg.Device.Length > 0
                    && leg.State is not (LegState.InSync or LegState.Slow)))
                {
                    await Task.Delay(PollInterval, context.Interrupted);
                    status = await volume.GetStatusAsync();
                    var copied = total - status.Legs.Sum(leg => leg.Missed.Bytes);
                    progress.Add(Math.Max(0, copied - progress.DoneBytes));
                }
            });
            return [.. status.Legs.Where(leg => leg.Device.Length > 0)
                .Select(leg => new LegDevices(leg.Device, leg.Metadata))];
        }

        /// <summary>Attaches the new device. A file that is created stays.</summary>
        private async Task<LegDevices> AttachAsync()
        {
            var access = DeviceAccess.Writing(parsed, parsed.GetValue(SharedOptions.Create));
            var names = await VolumeCommand.AttachNewAsync(
                session, LegDevices.Parse(parsed.GetRequiredValue(Added)), access);
            session.KeepCreatedFiles();
            return names;
        }

        /// <summary>The member of a device, or with a number.</summary>
        private async Task<int> MemberAsync()
        {
            var text = parsed.GetRequiredValue(Removed);
            var status = await volume.GetStatusAsync();
            var data = LegDevices.Parse(text).Data;
            return status.Legs.FirstOrDefault(leg => leg.Device.Length > 0 && session.TextOf(leg.Device) == data)
                is { } leg
                ? leg.Member
                : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var member)
                    ? member
                    : throw new RefusedException(
                        $"'{text}' is no leg of the volume that was found; give the device of a leg, or the number of "
                        + "a leg or witness (dmio volume status).");
        }
    }
}
