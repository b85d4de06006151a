using System.CommandLine;
using DmIo.Io;
using static DmIo.Actors.ServiceProtocol;

namespace DmIo.Cli;

/// <summary><c>dmio devices</c>: what the configured devices, and those named, are and can.</summary>
internal static class DevicesCommand
{
    private const string Description = "Show what devices are and can.";

    private const string Details = """
        All devices of --config, and those named: how each is served (inline, by io_uring, by threads, or in a
        way of its own), capacity, block size, alignment of memory, limits of one call, and abilities. A file
        that may not be written to is shown as it is opened for reading.
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
        Description = "A path, mem:SIZE, null:SIZE, a URI (nbd://host/name), or a device's name from --config.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    internal static Command Create(IConsoleStreams streams)
    {
        var command = new ExampleCommand("devices", Description, Details, Examples)
        {
            Devices,
        }.With([.. DeviceAccess.Options, Options.Json, Options.Config, Options.Verbose]);
        command.SetAction(parsed => RunAsync(parsed, RunContext.Of(parsed, streams)));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, RunContext context)
    {
        var named = parsed.GetValue(Devices) ?? [];
        if (named.Length == 0 && context.ConfigPath is null)
        {
            throw new RefusedException("no device: name one, or say --config FILE.");
        }

        await using var session = await DeviceSession.StartAsync(context);
        foreach (var device in named)
        {
            await session.AttachAsync(device, DeviceAccess.AsPossible(parsed));
        }

        var report = new DevicesReport(
            [.. (await session.GetDevicesAsync()).Select(device => Describe(session.TextOf(device.Name), device))],
            [.. session.MissingDevices.Select(device => new MissingDeviceReport(device.Name, device.Reason))]);
        if (report.Devices.Count + report.Missing.Count == 0)
        {
            throw new RefusedException(
                $"--config '{context.ConfigPath}' configures no device. Devices are written as dmio {{ devices {{ NAME "
                + "{ ... } } }.");
        }

        if (context.IsJson)
        {
            context.Streams.Output.WriteLine(ReportJson.Write(report));
        }
        else
        {
            ReportTable.Write(context.Streams.Output, !context.Streams.IsOutputRedirected, report);
        }

        return ExitCode.Ok;
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
            Mode = description.Mode.ToString().ToLowerInvariant(),
            BlockSize = (int)description.BlockSize.Bytes,
            MemoryAlignment = (int)description.MemoryAlignment.Bytes,
            ReadOnly = description.IsReadOnly,
            State = device.State.ToString(),
            QueueDepth = device.QueueDepth.Most,
            LeastQueueDepth = device.QueueDepth.Least,
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
