using System.CommandLine;
using DmIo.Cli.Arguments;
using DmIo.Cli.Exit;
using DmIo.Cli.Http;
using DmIo.Cli.Reports;
using DmIo.Cli.Service;
using DmIo.Cli.Streams;
using DmIo.Devices;
using DmIo.Io;
using DmIo.Volumes;
using DmIo.Volumes.Dump;
using DmIo.Volumes.Record;
using AttachedDevices = DmIo.Volumes.Actors.AttachedDevices;

namespace DmIo.Cli.Commands;

/// <summary><c>dmio volume</c>: creates, shows and changes replicated volumes.</summary>
internal static class VolumeCommand
{
    private const string Description = "Create, show and change replicated volumes.";

    private const string Details = """
        A volume keeps the same data on several devices, its legs. It is a device itself: vol:DEVICE,DEVICE, or
        'vol:DEVICE,DEVICE;witness=DEVICE'. A write is answered when all legs in sync have it. A volume runs on
        without a leg if most of its legs and witnesses are left (of two legs without a witness: the other
        one). When a leg is back, what it missed is copied to it.
        """;

    private const string Examples = """
          dmio volume create disk --leg a.img --leg b.img --leg c.img --create 64MiB
          head -c 1M /dev/urandom | dmio write --region vol:a.img,b.img,c.img@0
          dmio volume status --leg a.img --leg b.img --leg c.img
          rm c.img; dmio volume status --leg a.img --leg b.img --json
        """;

    /// <summary>For a leg that is open elsewhere.</summary>
    private const string NodeHint = "If a running dmio has the volume open, ask it: dmio volume status --node SOCKET, "
        + "with the socket of its --monitor.";

    internal static Option<string[]> Leg { get; } = new("--leg")
    {
        Description = "A device with a copy of the data: a path, a URI (nbd://host/name), or the name of a device in "
            + "--config; or 'DEVICE;metadata=DEVICE' with the metadata on another one. Repeat for more legs.",
        HelpName = "DEVICE",
        Arity = ArgumentArity.OneOrMore,
    };

    internal static Option<string[]> Witness { get; } = new("--witness")
    {
        Description = "A device of at least 16 KiB without data, which only votes. Repeat for more witnesses.",
        HelpName = "DEVICE",
    };

    internal static Command Create(IConsoleStreams streams)
    {
        var command = new ExampleCommand("volume", Description, Details, Examples)
        {
            VolumeCreateCommand.Create(streams),
            VolumeCreateCommand.CreateImport(streams),
            VolumeListCommand.Create(streams),
            VolumeStatusCommand.Create(streams),
            VolumeStopCommand.CreateStop(streams),
            VolumeStopCommand.CreateStart(streams),
            VolumeRenameCommand.Create(streams),
            VolumeVerifyCommand.Create(streams),
            VolumeGrowCommand.Create(streams),
            VolumeForceCommand.Create(streams),
            VolumeDestroyCommand.Create(streams),
            VolumeDumpCommand.Create(streams),
        };
        foreach (var change in VolumeLegCommands.CreateAll(streams))
        {
            command.Add(change);
        }

        return command;
    }

    /// <summary>The devices of the options, as one argument.</summary>
    /// <exception cref="RefusedException">A device is a volume, or given twice.</exception>
    internal static VolumeArgument DevicesOf(ParseResult parsed)
    {
        var legs = parsed.GetRequiredValue(Leg).Select(LegDevices.Parse).ToArray();
        var witnesses = parsed.GetValue(Witness) ?? [];
        var all = legs.SelectMany(leg => leg.All).Concat(witnesses).ToArray();
        return all switch
        {
            _ when Array.Find(all, VolumeArgument.Is) is { } inner => throw new RefusedException(
                $"the volume '{inner}' cannot be a leg or witness; give its devices."),
            _ when all.CountBy(device => device, StringComparer.Ordinal).FirstOrDefault(device => device.Value > 1)
                is { Value: > 1 } twice => throw new RefusedException(
                $"'{twice.Key}' is given {twice.Value} times; legs and witnesses are different devices."),
            _ => new VolumeArgument("", legs, witnesses),
        };
    }

    /// <summary>The options of a command for the legs and witnesses of a volume that is not open.</summary>
    private static IReadOnlyList<Option> DeviceOptions { get; } =
        [Leg, Witness, .. DeviceAccess.Options, SharedOptions.Json, SharedOptions.Config, SharedOptions.Verbose];

    /// <summary>Adds the options of a command for a volume that is not open.</summary>
    internal static ExampleCommand WithLegs(this ExampleCommand command)
    {
        command.Validators.Add(result =>
        {
            if (result.GetResult(Leg) is null)
            {
                result.AddError($"Option '{Leg.Name}' is required.");
            }
        });
        return command.With(DeviceOptions);
    }

    /// <summary>Adds the options of a command for a volume that is not open, or that a running service has
    /// open.</summary>
    /// <param name="command">The command.</param>
    /// <param name="notForNode">Its own options that have no meaning with <c>--node</c>.</param>
    internal static ExampleCommand WithLegsOrNode(this ExampleCommand command, params Option[] notForNode)
    {
        Option[] ofDevices = [Leg, Witness, .. DeviceAccess.Options, SharedOptions.Config, .. notForNode];
        command.Validators.Add(result =>
        {
            var isNode = result.GetResult(NodeVolume.Node) is not null;
            if (isNode && Array.Find(ofDevices, option => result.GetResult(option) is { Implicit: false }) is { } other)
            {
                result.AddError($"{other.Name} has no meaning with --node: the service has the devices open.");
            }
            else if (!isNode && result.GetResult(Leg) is null)
            {
                result.AddError(
                    "give the legs of the volume (--leg DEVICE), or the service that has it open (--node ENDPOINT).");
            }
            else if (!isNode && result.GetResult(NodeVolume.Volume) is not null)
            {
                result.AddError("--volume names a volume of a running service; give --node ENDPOINT too.");
            }
        });
        return command.With([NodeVolume.Node, NodeVolume.Volume, .. DeviceOptions]);
    }

    /// <summary>Attaches devices; returns their names in the service.</summary>
    internal static async Task<LegDevices[]> AttachAsync(
        DeviceSession session, IEnumerable<LegDevices> all, DeviceAccess access)
    {
        var names = new List<LegDevices>();
        foreach (var devices in all)
        {
            names.Add(await devices.SelectAsync(text => AttachAsync(session, text, access)));
        }

        return [.. names];
    }

    /// <summary>Attaches the devices of a new leg. A file for external metadata is created, if it is missing.</summary>
    /// <param name="session">The session.</param>
    /// <param name="leg">The texts of the devices.</param>
    /// <param name="access">How the device with the data is opened.</param>
    /// <param name="maxSize">The maximum size of the volume; null: it depends on the capacity of the leg.</param>
    internal static async Task<LegDevices> AttachNewAsync(
        DeviceSession session, LegDevices leg, DeviceAccess access, ByteSize? maxSize = null)
    {
        var data = await AttachAsync(session, leg.Data, access);
        if (leg.Metadata is null)
        {
            return new LegDevices(data);
        }

        var size = (await session.GetDevicesAsync()).First(device => device.Name == data).Description.Capacity;
        if (maxSize is { } maximum && maximum > size && maximum <= LegGeometry.Limit)
        {
            size = ByteSize.FromSectors(maximum.Bytes / Sector.SizeBytes);
        }

        var length = LegGeometry.Growable(MetadataPlacement.External, size).MetadataLength;
        return new LegDevices(data, await AttachAsync(session, leg.Metadata, access with { CreateSize = length }));
    }

    private static async Task<string> AttachAsync(DeviceSession session, string text, DeviceAccess access)
    {
        try
        {
            return await session.AttachAsync(text, access);
        }
        catch (DeviceOpenException fault) when (IsOpen(fault))
        {
            throw new RefusedException($"{fault.Message} {NodeHint}", fault);
        }
    }

    private static bool IsOpen(DeviceOpenException fault) => fault.Errno == Errno.TryAgain;

    /// <summary>Attaches all devices of a volume.</summary>
    internal static async Task<VolumeOptions> AttachAllAsync(
        DeviceSession session, VolumeArgument devices, DeviceAccess access) => OptionsOf(
        await AttachAsync(session, devices.Legs, access),
        await AttachAsync(session, devices.WitnessDevices, access));

    /// <summary>Attaches those of the devices that can be opened, and warns of the others.</summary>
    /// <exception cref="RefusedException">No leg can be opened.</exception>
    internal static async Task<VolumeOptions> AttachFoundAsync(
        RunContext context, DeviceSession session, VolumeArgument devices, DeviceAccess access)
    {
        var (faults, isOpen) = (new List<string>(), false);
        var legs = await AttachEachAsync(devices.Legs);
        var witnesses = await AttachEachAsync(devices.WitnessDevices);
        if (legs.Count == 0)
        {
            throw new RefusedException(string.Join(' ', isOpen ? faults.Append(NodeHint) : faults));
        }

        faults.ForEach(fault => context.Streams.Error.WriteLine($"{context.Name}: warning: {fault}"));
        return OptionsOf(legs, witnesses);

        async Task<List<LegDevices>> AttachEachAsync(IEnumerable<LegDevices> all)
        {
            var names = new List<LegDevices>();
            foreach (var texts in all)
            {
                try
                {
                    names.Add(await texts.SelectAsync(text => session.AttachLegAsync(text, access)));
                }
                catch (DeviceOpenException fault)
                {
                    isOpen |= IsOpen(fault);
                    faults.Add(fault.Message);
                }
            }

            return names;
        }
    }

    private static VolumeOptions OptionsOf(IReadOnlyList<LegDevices> legs, IEnumerable<LegDevices> witnesses) => new()
    {
        Name = $"vol:{legs[0]}",
        Legs = legs,
        Witnesses = [.. witnesses.Select(witness => witness.Data)],

        // Allowed when the volume was created, for the host that it is bound to.
        AllowUnfenced = true,
    };

    /// <summary>Changes a volume; its errors become those of the command.</summary>
    /// <param name="change">The change.</param>
    /// <param name="fix">What to do after a part of the change.</param>
    internal static async Task ChangeAsync(Func<Task> change, string fix)
    {
        try
        {
            await change();
        }
        catch (VolumeException fault) when (fault.IsPartial)
        {
            throw new TransferFailedException($"{fault.Message} {fix}", fault);
        }
        catch (VolumeException fault)
        {
            // The message is for callers of the library.
            throw new RefusedException(
                fault.Message.Replace("use Force", "give --force", StringComparison.Ordinal)
                    .Replace("Allow unfenced legs", "Give --allow-unfenced", StringComparison.Ordinal),
                fault);
        }
    }

    /// <summary>Reads the metadata of legs and witnesses.</summary>
    /// <param name="context">The running command.</param>
    /// <param name="session">The session.</param>
    /// <param name="members">The legs and witnesses.</param>
    /// <param name="acceptsOtherData">External metadata may belong to other data.</param>
    internal static async Task<IReadOnlyList<LegInspection>> InspectAsync(
        RunContext context, DeviceSession session, IEnumerable<LegDevices> members, bool acceptsOtherData = false)
    {
        var attached = await AttachedDevices.OfAsync(session.Service);
        await using var client = await session.OpenAsync(pages: 8, context.Interrupted);
        var found = new List<LegInspection>();
        foreach (var devices in members)
        {
            found.Add(await LegInspection.ReadAsync(client, devices, attached, acceptsOtherData));
        }

        return found;
    }

    /// <summary>The volume that the devices are legs and witnesses of.</summary>
    /// <exception cref="RefusedException">They are no volume, or several.</exception>
    internal static VolumeReport Describe(
        DeviceSession session, VolumeArgument devices, IReadOnlyList<LegInspection> found)
    {
        if (found.All(leg => leg.Reading.IsBlank))
        {
            throw new RefusedException(
                $"{string.Join(", ", found.Select(leg => $"'{session.TextOf(leg.Device)}'"))}: no leg or witness of a "
                + $"volume. To make a volume of them: {devices.CreateCommand}");
        }

        try
        {
            return VolumeReport.Of(ClosedVolume.Of(found), found, session.TextOf);
        }
        catch (VolumeException fault)
        {
            throw new RefusedException(
                fault.Message + string.Concat(found.Where(leg => leg.Reading.Fault is not null)
                    .Select(leg => $" '{session.TextOf(leg.Device)}': {leg.Reading.Fault}")),
                fault);
        }
    }
}
