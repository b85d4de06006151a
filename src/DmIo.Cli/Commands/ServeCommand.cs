using System.CommandLine;
using DmIo.Actors.Protocol;
using DmIo.Cli.Arguments;
using DmIo.Cli.Exit;
using DmIo.Cli.Http;
using DmIo.Cli.Reports;
using DmIo.Cli.Service;
using DmIo.Cli.Streams;
using DmIo.Nbd.Server;
using Serilog;

namespace DmIo.Cli.Commands;

/// <summary><c>dmio serve</c>: serves devices as NBD exports.</summary>
internal static class ServeCommand
{
    private const string Description = "Serve devices over the network, as NBD exports.";

    private const string Details = """
        Clients are qemu, nbdcopy, nbdinfo, nbdfuse, fio, the Linux kernel (nbd-client), and dmio on another
        machine. Several copies of the data are a volume (dmio volume --help), which is served as one device.
        An export of a missing device, if the on-missing setting of the device allows it, is added when the
        device is attached. The other exports are served before that.
        The server accepts clients when its report is printed. Its sockets can exist before that.
        After Ctrl-C or SIGTERM, the server replies to the requests in flight and ends with exit code 0. A
        second signal ends it immediately. An error on standard error has the id of the message to the client.
        """;

    private const string Examples = """
          dmio serve --export disk=disk.img --create 16MiB --unix disk.sock --monitor monitor.sock & server=$!
          until test -S monitor.sock || ! kill -0 $server; do sleep 0.1; done
          dmio top --node monitor.sock --once
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
        await using var session = await DeviceSession.StartAsync(context);
        await using var http = await StatusServers.StartAsync(session, parsed);
        exports = await AttachAsync(session, exports, access);
        await using var server = await StartAsync(session, options);
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
                waiting.Add(new WaitingExportReport(export.Name, export.Device));
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
            "the exports are served");
        var exitCode = await EndAsync(session, context);
        return isPrinted ? exitCode : ExitCode.Failed;
    }

    private static async Task<NbdServer> StartAsync(DeviceSession session, NbdServerOptions options)
    {
        try
        {
            return await NbdServer.StartAsync(session.System, options);
        }
        catch (IoRefusedException)
        {
            session.LimitEnd();
            throw;
        }
    }

    /// <summary>Attaches the devices; returns the exports with the names of their devices in the service.</summary>
    private static async Task<IReadOnlyList<NbdExport>> AttachAsync(
        DeviceSession session, IReadOnlyList<NbdExport> exports, DeviceAccess access)
    {
        var attached = new List<NbdExport>();
        foreach (var export in exports)
        {
            attached.Add(export with { Device = await session.AttachAsync(export.Device, access) });
        }

        return attached;
    }

    /// <summary>Waits for an interrupt or the end of the service.</summary>
    private static async Task<int> EndAsync(DeviceSession session, RunContext context)
    {
        var interrupted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = context.Interrupted.Register(interrupted.SetResult);
        if (await Task.WhenAny(interrupted.Task, session.System.WhenTerminated) == interrupted.Task)
        {
            Log.Information("interrupted; waits for the requests in flight");
            return ExitCode.Ok;
        }

        context.Streams.Error.WriteLine($"{context.Name}: the service has stopped unexpectedly");
        return ExitCode.Failed;
    }
}
