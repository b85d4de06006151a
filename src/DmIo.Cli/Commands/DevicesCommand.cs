using System.CommandLine;
using DmIo.Cli.Arguments;
using DmIo.Cli.Exit;
using DmIo.Cli.Reports;
using DmIo.Cli.Service;
using DmIo.Cli.Streams;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Cli.Commands;

/// <summary><c>dmio devices</c>: shows the properties of devices.</summary>
internal static class DevicesCommand
{
    private const string Description = "Show the properties of devices.";

    private const string Details = """
        Shows the devices in --config and the named devices: mode (inline, ring for io_uring, threads, or own for
        other backends), capacity, block size, alignment of memory, limits of one operation, and abilities. A
        file without write permission is opened for reading. No file is created: a configured file that does
        not exist is shown as missing.
        """;

    private const string Examples = """
          head -c 1M /dev/zero > disk.img
          dmio devices disk.img mem:64MiB null:1GiB
          dmio devices disk.img --device-mode threads --json
          echo 'dmio.devices.scratch { backend = memory, size = 1MiB }' > dmio.conf
          dmio devices --config dmio.conf --json
        """;

    private static readonly Argument<string[]> Devices = new("DEVICE")
    {
        Description = "A path, mem:SIZE, null:SIZE, a URI (nbd://host/name), a volume (vol:DEVICE,DEVICE), or the name "
            + "of a device in --config.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    internal static Command Create(IConsoleStreams streams)
    {
        var command = new ExampleCommand("devices", Description, Details, Examples)
        {
            Devices,
        }.With([.. DeviceAccess.Options, SharedOptions.Json, SharedOptions.Config, SharedOptions.Verbose]);
        command.SetAction(parsed => RunAsync(parsed, RunContext.Of(parsed, streams)));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, RunContext context)
    {
        var named = parsed.GetValue(Devices) ?? [];
        if (named.Length == 0 && context.ConfigPath is null)
        {
            throw new RefusedException("no device: name a device, or give --config FILE.");
        }

        await using var session = await DeviceSession.StartAsync(context, isInspection: true);
        foreach (var device in named)
        {
            await session.AttachAsync(device, DeviceAccess.WritingIfPossible(parsed));
        }

        var devices = await session.GetDevicesAsync();
        var missing = session.MissingDevices;
        if (devices.Count + missing.Count == 0)
        {
            throw new RefusedException(
                $"--config '{context.ConfigPath}' has no device: its block dmio.devices is missing or empty. Write "
                + "dmio.devices.NAME { backend = file, path = ... }, or name a device on the command line.");
        }

        var report = new DevicesReport(
            [.. devices.Select(device => Describe(session.TextOf(device.Name), device))])
        {
            Missing = missing.Count == 0
                ? null
                : [.. missing.Select(device => new MissingReport(device.Name, device.Reason))],
        };
        return context.Print(
            () => ReportJson.Write(report),
            report.Write,
            $"{report.Devices.Count} {(report.Devices.Count == 1 ? "device was" : "devices were")} found")
            ? ExitCode.Ok
            : ExitCode.Failed;
    }

    private static DeviceReport Describe(string text, DeviceStatus device)
    {
        var description = device.Description;
        return new DeviceReport
        {
            Device = text,
            Backend = description.Backend,
            Sectors = description.Capacity.Sectors.Value,
            Bytes = description.Capacity.Bytes,
            TailBytes = description.TailBytes == 0 ? null : description.TailBytes,
            Mode = description.Mode.ToString().ToLowerInvariant(),
            BlockSize = (int)description.BlockSize.Bytes,
            MemoryAlignment = (int)description.MemoryAlignment.Bytes,
            ReadOnly = description.IsReadOnly,
            State = device.State.ToString(),
            QueueDepth = device.QueueDepth.Max,
            MinQueueDepth = device.QueueDepth.Min,
            LatencyTargetMilliseconds = device.QueueDepth.LatencyTarget?.TotalMilliseconds ?? 0,
            Policy = device.Policy.ToString().ToLowerInvariant(),
            MaxTransferBytes = description.MaxTransfer.Bytes,
            MaxSegments = description.MaxSegments,
            MaxDiscardBytes = description.MaxDiscard.Bytes,
            MaxWriteZeroesBytes = description.MaxWriteZeroes.Bytes,
            ForceUnitAccess = description.HasForceUnitAccess,
            VolatileCache = description.HasVolatileCache,
        };
    }
}
