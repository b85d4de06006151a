using System.CommandLine;
using DmIo.Cli.Arguments;
using DmIo.Cli.Exit;
using DmIo.Cli.Reports;
using DmIo.Cli.Service;
using DmIo.Cli.Streams;
using DmIo.Nbd.Server;
using Serilog;

namespace DmIo.Cli.Commands;

/// <summary><c>dmio serve</c>: devices as network disks.</summary>
internal static class ServeCommand
{
    private const string Description = "Serve devices over the network, as NBD exports.";

    private const string Details = """
        Clients are qemu, nbdcopy, nbdinfo, nbdfuse, fio, the Linux kernel (nbd-client), and dmio on another
        machine. An export of several devices writes to all of them and reads from the first that answers; one
        that fails is said on standard error and left out until the next start. Nothing is copied between them:
        what they hold has to be the same at each start; copy one that was left out anew before that. A discard
        is a hint: a device that fails it stays, so what is read of discarded ranges may change.
        An export of a configured device that is missing, as its on-missing allows, is offered once the device
        is there; the others are served meanwhile.
        Clients are served from when it has printed what it serves; its sockets may be there before.
        Ctrl-C or SIGTERM: requests in flight are answered, then it ends with exit code 0; once more, and it
        ends at once. Errors on standard error carry the id that the client was told.
        """;

    private const string Examples = """
          dmio serve --export disk=disk.img --create 16MiB --unix disk.sock --monitor monitor.sock & server=$!
          until test -S monitor.sock || ! kill -0 $server; do sleep 0.1; done
          dmio top --socket monitor.sock --once
          kill $server; wait $server
        """;

    internal static Command Create(IConsoleStreams streams)
    {
        var command = new ExampleCommand("serve", Description, Details, Examples).With(ServeArguments.Options);
        command.SetAction(parsed => RunAsync(parsed, RunContext.Of(parsed, streams)));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, RunContext context)
    {
        var options = ServeArguments.ServerOf(parsed);
        var exports = ServeArguments.ExportsOf(parsed);
        ServeTls.RequireExports(options.Tls, exports);
        var access = ServeArguments.AccessOf(parsed);
        await using var session = await DeviceSession.StartAsync(context, parsed.GetValue(SharedOptions.Monitor));
        exports = await AttachAsync(session, exports, access);
        await using var server = await NbdServer.StartAsync(session.System, options);
        var served = new List<NbdExportStatus>();
        var waiting = new List<WaitingExportReport>();
        foreach (var export in exports)
        {
            if (await server.AddExportOrWaitAsync(export, context.Interrupted) is { } status)
            {
                served.Add(status);
            }
            else
            {
                waiting.Add(new WaitingExportReport(export.Name, export.Devices));
            }
        }

        session.KeepCreatedFiles();
        var report = ServeReport.Of(server, served, await session.GetDevicesAsync(), session.TextOf) with
        {
            Waiting = waiting,
        };
        var isPrinted = context.Print(
            () => ReportJson.Write(report),
            (writer, _) => writer.WriteLine(report.ToText()),
            "the exports are served all the same");
        var exitCode = await EndAsync(session, context);
        return isPrinted ? exitCode : ExitCode.Failed;
    }

    /// <summary>The exports with the names that their devices have in the service.</summary>
    private static async Task<IReadOnlyList<NbdExport>> AttachAsync(
        DeviceSession session, IReadOnlyList<NbdExport> exports, DeviceAccess access)
    {
        var attached = new List<NbdExport>();
        foreach (var export in exports)
        {
            var names = new List<string>();
            foreach (var device in export.Devices)
            {
                names.Add(await session.AttachAsync(device, access));
            }

            if (names.Distinct(StringComparer.Ordinal).Count() < names.Count)
            {
                throw new RefusedException(
                    $"--export '{export.Name}' names a device twice; copies are on different devices.");
            }

            attached.Add(export with { Devices = names });
        }

        return attached;
    }

    /// <summary>Waits until the user wants to end, or the service did.</summary>
    private static async Task<int> EndAsync(DeviceSession session, RunContext context)
    {
        var interrupted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = context.Interrupted.Register(interrupted.SetResult);
        if (await Task.WhenAny(interrupted.Task, session.System.WhenTerminated) == interrupted.Task)
        {
            Log.Information("asked to end; requests in flight are answered first");
            return ExitCode.Ok;
        }

        context.Streams.Error.WriteLine($"{context.Name}: the service has ended by itself");
        return ExitCode.Failed;
    }
}
