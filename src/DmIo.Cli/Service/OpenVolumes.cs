using DmIo.Actors.Client;
using DmIo.Actors.Devices;
using DmIo.Actors.Protocol;
using DmIo.Cli.Arguments;
using DmIo.Cli.Exit;
using DmIo.Devices;
using DmIo.Volumes;
using DmIo.Volumes.Actors;
using DmIo.Volumes.Client;
using DmIo.Volumes.Record;

namespace DmIo.Cli.Service;

/// <summary>
/// The volumes of a command, and their legs and witnesses. A leg that cannot be used is a warning; a quorum decides
/// whether the volume opens without it. The volumes are closed before the service stops, since closing writes to the
/// legs.
/// </summary>
internal sealed class OpenVolumes(RunContext context, DmIoService service)
{
    private static readonly TimeSpan OpenTimeout = TimeSpan.FromSeconds(10);

    private readonly List<Volume> open = [];
    private readonly Dictionary<string, string[]> devicesOf = new(StringComparer.Ordinal);

    // The devices that the command uses by themselves, and the legs and witnesses with the text of their volume.
    private readonly Dictionary<string, string?> users = new(StringComparer.Ordinal);

    /// <summary>The names of the legs and witnesses of a volume; of another device, none.</summary>
    internal IReadOnlyList<string> DevicesOf(string name) => devicesOf.GetValueOrDefault(name, []);

    /// <summary>Checks that a device that the command names is not a leg.</summary>
    /// <exception cref="RefusedException">It is a leg or witness of a volume of the command.</exception>
    internal void RequireFree(string name, string text) => Claim(name, text, volume: null);

    /// <summary>Opens a volume and attaches it.</summary>
    /// <param name="argument">The volume.</param>
    /// <param name="attach">Attaches a leg or witness; returns its name in the service.</param>
    /// <param name="name">The name of the volume in the service, if its own name cannot be used.</param>
    /// <param name="settings">The settings of the volume in the configuration; null: the defaults.</param>
    /// <returns>The name in the service, and the description.</returns>
    /// <exception cref="RefusedException">The legs are not a volume, a leg is used otherwise, or too few legs can be
    /// used.</exception>
    internal async Task<(string Name, DeviceDescription Description)> OpenAsync(
        VolumeArgument argument, Func<string, Task<string>> attach, string name, VolumeOptions? settings)
    {
        var (members, faults) = (new Dictionary<LegDevices, LegDevices>(), new List<string>());
        foreach (var texts in argument.All)
        {
            try
            {
                members[texts] = await texts.SelectAsync(attach);
                Claim(members[texts], texts, argument.Text);
            }
            catch (DeviceOpenException fault)
            {
                faults.Add(fault.Message);
            }
        }

        var names = members.Values.SelectMany(member => member.All).ToList();
        if (names.Distinct(StringComparer.Ordinal).Count() < names.Count)
        {
            throw new RefusedException(
                $"'{argument.Text}' names a device twice; legs and witnesses are different devices.");
        }

        var devices = await AttachedDevices.OfAsync(service);
        var superblock = await FindAsync(argument, members, devices, faults);
        var ownName = $"vol:{superblock.Name}";
        var usesOwnName = settings is null && DeviceName.FaultOf(ownName) is null && !devices.ContainsKey(ownName);
        name = usesOwnName ? ownName : name;
        var volume = await OpenAsync(argument, members, superblock, faults, settings ?? new VolumeOptions
        {
            Name = name,
            Legs = [],
            OpenTimeout = OpenTimeout,
        });
        open.Add(volume);
        devicesOf[name] = [.. names.Where(devices.ContainsKey)];
        await WarnAsync(volume, superblock.Name, members, faults);
        return (name, (await service.GetDevicesAsync()).First(device => device.Name == name).Description);
    }

    /// <summary>Closes the volumes: they are consistent, and the next opening has nothing to recover.</summary>
    internal async Task CloseAsync(TimeSpan limit)
    {
        foreach (var volume in open)
        {
            try
            {
                await volume.DisposeAsync().AsTask().WaitAsync(limit);
            }
            catch (Exception fault) when (fault is IoRefusedException or TimeoutException)
            {
                // The service has stopped, or does not start. The next opening recovers the volume.
            }
        }

        open.Clear();
    }

    private void Claim(LegDevices names, LegDevices texts, string volume)
    {
        foreach (var (name, text) in names.All.Zip(texts.All))
        {
            Claim(name, text, volume);
        }
    }

    private void Claim(string name, string text, string? volume)
    {
        if (users.TryGetValue(name, out var user) && user != volume)
        {
            throw new RefusedException(
                $"'{text}' is a part of the volume '{user ?? volume}'; a command uses it only through the volume.");
        }

        users[name] = volume;
    }

    /// <summary>Reads the superblocks; returns one of them, and adds what is wrong with the others.</summary>
    private async Task<Superblock> FindAsync(
        VolumeArgument argument,
        Dictionary<LegDevices, LegDevices> members,
        AttachedDevices devices,
        List<string> faults)
    {
        await using var client = await service.OpenAsync(pages: 8, cancellationToken: context.Interrupted);
        var (found, hasTrace) = (default(Superblock), false);
        foreach (var (texts, names) in members)
        {
            if (!names.All.All(devices.ContainsKey))
            {
                faults.Add($"'{texts}' is missing.");
                continue;
            }

            var reading = await LegStore.ReadSuperblockAsync(client, names, devices);
            found ??= reading.Superblock;
            hasTrace |= !reading.IsBlank;
            if (reading.IsBlank)
            {
                faults.Add($"'{texts}' is not a leg or witness of a volume."
                    + (texts.Metadata is null ? $" (With external metadata, it is '{texts};metadata=META'.)" : ""));
            }
            else if (reading.Fault is { } fault)
            {
                faults.Add($"'{texts}' cannot be used: {fault}");
            }
        }

        return found ?? throw new RefusedException(
            $"'{argument.Text}' cannot be opened. {string.Join(' ', faults)}"
            + (hasTrace || members.Count == 0 ? "" : $" To make a volume of them: {argument.CreateCommand}"));
    }

    private async Task<Volume> OpenAsync(
        VolumeArgument argument,
        Dictionary<LegDevices, LegDevices> members,
        Superblock superblock,
        List<string> faults,
        VolumeOptions settings)
    {
        try
        {
            return await service.OpenVolumeAsync(settings with
            {
                Legs = [.. argument.Legs.Where(members.ContainsKey).Select(text => members[text])],
                Witnesses = [.. argument.WitnessDevices.Where(members.ContainsKey)
                    .Select(text => members[text].Data)],

                // Allowed when the volume was created, for the host that it is bound to.
                AllowUnfenced = superblock.Host != Guid.Empty,
            }).WaitAsync(context.Interrupted);
        }
        catch (VolumeException fault) when (fault.IsStopped)
        {
            throw new RefusedException(
                $"'{argument.Text}' was stopped. Start it by: {argument.CommandOf("start")}", fault);
        }
        catch (VolumeException fault)
        {
            throw new RefusedException(
                $"'{argument.Text}' cannot be opened: {string.Join(' ', faults.Prepend(fault.Message))}", fault);
        }
    }

    private async Task WarnAsync(
        Volume volume, string name, Dictionary<LegDevices, LegDevices> members, List<string> faults)
    {
        var status = await volume.GetStatusAsync();
        var notes = status.Legs.Where(leg => leg.State != LegState.InSync).Select(leg => leg switch
        {
            { Device: "" } => $"Leg {leg.Member} was not found.",
            { State: LegState.Forked } => $"'{TextOf(leg.Device)}' is not used: the volume was forced without it.",
            { State: LegState.Syncing } =>
                $"Leg {leg.Member} '{TextOf(leg.Device)}' lacks {leg.Missed}, which is being copied.",
            _ => $"Leg {leg.Member} '{TextOf(leg.Device)}' is not in sync; what it lacks is copied while the volume is "
                + "open.",
        }).Concat(faults).ToArray();
        if (notes.Length > 0)
        {
            context.Streams.Error.WriteLine(
                $"{context.Name}: warning: the volume '{name}' is degraded. {string.Join(' ', notes)}");
        }

        string TextOf(string device) => members.FirstOrDefault(member => member.Value.Data == device).Key?.ToString()
            ?? device;
    }
}
