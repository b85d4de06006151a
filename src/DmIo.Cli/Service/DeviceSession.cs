using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using DmIo.Actors.Client;
using DmIo.Actors.Configuration;
using DmIo.Cli.Arguments;
using DmIo.Cli.Exit;
using DmIo.Cli.Streams;
using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Io;
using DmIo.Native;
using DmIo.Volumes;
using DmIo.Volumes.Configuration;
using Serilog;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Cli.Service;

/// <summary>
/// The service of one command: an actor system, the devices of the command, its lease. A device is opened once for all
/// regions that name it. Its name in the service is its text on the command line, if that is a valid name. The created
/// files of a refused command are deleted.
/// </summary>
internal sealed class DeviceSession : IAsyncDisposable
{
    private static readonly TimeSpan FailedStartLimit = TimeSpan.FromSeconds(5);

    private const int MaxNameLength = 255;

    private readonly ActorSystem system;
    private readonly DmIoService service;
    private readonly EndNotice notice;
    private readonly Dictionary<string, DeviceDescription> descriptions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> nameOfText = new(StringComparer.Ordinal);
    private readonly Dictionary<FileIdentity.Number, string> nameOfFile = [];
    private readonly HashSet<string> configured = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FileIdentity?> created = new(StringComparer.Ordinal);
    private readonly Dictionary<string, VolumeOptions> configuredVolumes;
    private readonly UsedFiles used;
    private readonly OpenVolumes volumes;
    private TimeSpan endLimit = Timeout.InfiniteTimeSpan;

    private DeviceSession(RunContext context, UsedFiles used, ActorSystem system, DmIoService service)
    {
        this.used = used;
        this.system = system;
        this.service = service;
        volumes = new OpenVolumes(context, service);
        configuredVolumes = VolumeSettings.ReadAll(system.Settings.Config).ToDictionary(
            volume => volume.Name, StringComparer.Ordinal);
        notice = new EndNotice(context.Streams, context.Name, CountInFlightAsync);
    }

    internal ActorSystem System => system;

    internal DmIoService Service => service;

    /// <summary>Starts the service with the configuration and its devices.</summary>
    /// <param name="context">The running command.</param>
    /// <param name="to">The output file of the command; null or <c>-</c>: none.</param>
    /// <param name="isInspection">Do not create the files of the configuration.</param>
    /// <exception cref="RefusedException">A file of the command is a configured device, or its output is its
    /// configuration.</exception>
    internal static async Task<DeviceSession> StartAsync(
        RunContext context, string? to = null, bool isInspection = false)
    {
        var files = UsedFiles.Of(context, to);
        Config Read() => SessionConfiguration.Read(context.ConfigPath, context.Verbosity);
        var config = context.ConfigPath is null ? Read() : await BlockingOpen.RunAsync(Read, context.Interrupted);
        files.RequireOther(NamedFiles.DevicesOf(config), context.DeviceTexts);
        StandardErrorLog.Start(context.Verbosity);
        var setup = ActorSystemSetup.Create(BootstrapSetup.Create().WithConfig(config));
        var started = ActorSystem.Create("dmio", isInspection ? setup.And(new InspectionSetup()) : setup);
        try
        {
            var session = new DeviceSession(context, files, started, DmIoService.For(started));
            foreach (var device in context.ConfigPath is null ? [] : await session.GetDevicesAsync())
            {
                files.RequireOther($"the configured device '{device.Name}'", device.Description.Identity);
                session.configured.Add(device.Name);
                session.descriptions[device.Name] = device.Description;
            }

            session.configured.UnionWith(session.MissingDevices.Select(device => device.Name));

            return session;
        }
        catch
        {
            await TerminateAsync(started, FailedStartLimit);
            throw;
        }
    }

    /// <summary>The start of the command failed: no request is in flight, and the reason may also prevent the end of
    /// the actor system.</summary>
    internal void LimitEnd() => endLimit = FailedStartLimit;

    /// <summary>Attaches the devices of the regions.</summary>
    /// <param name="regions">The regions of the command line.</param>
    /// <param name="access">How files are opened.</param>
    /// <param name="input">The input of the command, which must not be one of the devices.</param>
    /// <exception cref="RefusedException">A device is the input, or another file of the command.</exception>
    internal async Task<IReadOnlyList<TargetRegion>> AttachAsync(
        IReadOnlyList<RegionSyntax> regions, DeviceAccess access, InputSource? input = null)
    {
        foreach (var region in regions)
        {
            // Before the first device is opened or created.
            foreach (var device in VolumeArgument.DevicesIn(region.Device))
            {
                RequireInputIsOther(device, FileOf(device), input);
            }
        }

        var targets = new List<TargetRegion>();
        foreach (var region in regions)
        {
            var name = await AttachAsync(region.Device, access);
            RequireInputIsOther(region.Device, descriptions[name].Identity, input);
            foreach (var leg in volumes.DevicesOf(name))
            {
                RequireInputIsOther(TextOf(leg), descriptions[leg].Identity, input);
            }

            targets.Add(new TargetRegion(region.Device, name, region.Start, region.Count, descriptions[name]));
        }

        return targets;
    }

    /// <summary>Attaches the device of a text, unless it is attached; returns its name in the service.</summary>
    /// <exception cref="RefusedException">The device cannot be used, or is a leg of a volume of the
    /// command.</exception>
    internal async Task<string> AttachAsync(string text, DeviceAccess access)
    {
        var name = await AttachOneAsync(text, access);
        volumes.RequireFree(name, text);
        return name;
    }

    private async Task<string> AttachOneAsync(string text, DeviceAccess access)
    {
        if (nameOfText.TryGetValue(text, out var name))
        {
            return name;
        }

        name = configuredVolumes.TryGetValue(text, out var settings)
            ? await AttachVolumeAsync(new VolumeArgument(text, settings.Legs, settings.Witnesses), access, settings)
            : DeviceArgument.Read(text, configured) switch
            {
                VolumeArgument volume => await AttachVolumeAsync(volume, access),
                ConfiguredArgument => Configured(text, access),
                UriArgument => await AttachUriAsync(text, access),
                PathArgument path => await AttachFileAsync(path, access),
                MemoryArgument memory => await AttachAsync(text, new MemoryDevice(memory.Capacity)),
                NullArgument none => await AttachAsync(text, new NullDevice(none.Capacity)),
                var other => throw new InvalidOperationException(other.ToString()),
            };
        nameOfText[text] = name;
        return name;
    }

    private async Task<string> AttachVolumeAsync(
        VolumeArgument volume, DeviceAccess access, VolumeOptions? settings = null)
    {
        // The metadata of a volume is written when it is opened, even for reads.
        var legAccess = access with { IsReadOnly = false, CreateSize = null, MayFallBack = false, MayBeMissing = true };
        var (name, description) = await volumes.OpenAsync(
            volume, text => AttachLegAsync(text, legAccess), NameFor(volume.Text), settings);
        Attached(volume.Text, name, description);
        return name;
    }

    /// <summary>Attaches a leg or witness.</summary>
    /// <exception cref="DeviceOpenException">It cannot be opened; the volume may do without it.</exception>
    internal Task<string> AttachLegAsync(string text, DeviceAccess access) =>
        DeviceArgument.Read(text, configured) switch
        {
            PathArgument path when !Path.Exists(path.Text) =>
                throw new DeviceOpenException(text, "there is no such file."),
            ConfiguredArgument when !access.MayBeMissing && !descriptions.ContainsKey(text) =>
                throw new DeviceOpenException(text, $"it is missing. {ReasonOf(text)}"),
            _ => AttachOneAsync(text, access),
        };

    /// <summary>Refuses a missing device, unless the command waits for it.</summary>
    private string Configured(string name, DeviceAccess access) =>
        access.MayBeMissing || descriptions.ContainsKey(name)
            ? name
            : throw new RefusedException($"the device '{name}' of --config is missing. {ReasonOf(name)}");

    private string ReasonOf(string missing) => MissingDevices.FirstOrDefault(device => device.Name == missing)?.Reason
        ?? "The device was attached after the start; run the command again.";

    /// <summary>The text of the command line for the name of a device.</summary>
    internal string TextOf(string name) =>
        nameOfText.FirstOrDefault(pair => string.Equals(pair.Value, name, StringComparison.Ordinal)).Key ?? name;

    /// <summary>The configured devices that could not be opened, which is not an error.</summary>
    internal IReadOnlyList<MissingDevice> MissingDevices => service.MissingDevices;

    internal Task<IReadOnlyList<DeviceStatus>> GetDevicesAsync() => service.GetDevicesAsync();

    internal async Task<IoClient> OpenAsync(int pages, CancellationToken interrupted)
    {
        var client = await service.OpenAsync(pages, cancellationToken: interrupted);
        Log.Information("leased {Pages} pages", pages);
        return client;
    }

    /// <summary>True: the file of the region was created by this command.</summary>
    internal bool IsCreated(TargetRegion region) => created.ContainsKey(region.Device);

    /// <summary>Keeps the created files, since the command is not refused.</summary>
    internal void KeepCreatedFiles() => created.Clear();

    public async ValueTask DisposeAsync()
    {
        await volumes.CloseAsync(endLimit);
        await TerminateAsync(system, endLimit);
        await notice.DisposeAsync();
        foreach (var (path, file) in created.Where(made => FileIdentity.Of(made.Key) == made.Value))
        {
            File.Delete(path);
        }
    }

    private static async Task TerminateAsync(ActorSystem system, TimeSpan limit)
    {
        try
        {
            await system.Terminate().WaitAsync(limit);
        }
        catch (Exception fault) when (fault is TimeoutException or OutOfMemoryException or ThreadStartException)
        {
            // The process ends in any case.
        }
    }

    /// <summary>Checks an output file of the command.</summary>
    /// <exception cref="RefusedException">The file is one of the devices.</exception>
    internal void RequireOther(string what, FileIdentity? file)
    {
        foreach (var (name, description) in descriptions)
        {
            UsedFiles.RequireOther(what, file, $"the device '{TextOf(name)}'", description.Identity);
        }
    }

    private async Task<long> CountInFlightAsync(CancellationToken end)
    {
        var statistics = await service.GetStatisticsAsync(end);
        return statistics.Leases.Sum(lease => (long)lease.InFlight + lease.Waiting);
    }

    private static void RequireInputIsOther(string device, FileIdentity? file, InputSource? input) =>
        UsedFiles.RequireOther(input?.Name ?? "", input?.File, $"the device '{device}'", file);

    /// <summary>The file of a path; null: not a path, or no file.</summary>
    private FileIdentity? FileOf(string text) =>
        DeviceArgument.Read(text, configured) is PathArgument path ? FileIdentity.Of(path.Text) : null;

    private async Task<string> AttachFileAsync(PathArgument argument, DeviceAccess access)
    {
        var file = FileIdentity.Of(argument.Text);
        if (file is not null && nameOfFile.TryGetValue(file.Node, out var name))
        {
            return name;
        }

        Check(argument.Text, file, access);
        var device = OpenFile(argument.Text, access);
        try
        {
            // The path may lead to another file since the first check.
            file = device.Description.Identity ?? file;
            Check(argument.Text, file, access);
        }
        catch (RefusedException)
        {
            await device.DisposeAsync();
            throw;
        }

        name = await AttachAsync(argument.Text, device);
        if (file is not null)
        {
            nameOfFile[file.Node] = name;
        }

        return name;
    }

    /// <summary>Two devices on one file, such as a loop device and its file, have no order between their
    /// operations. This is safe only for reads.</summary>
    private void Check(string path, FileIdentity? file, DeviceAccess access)
    {
        used.RequireOther($"the device '{path}'", file);
        if (!access.IsReadOnly && !access.MayFallBack)
        {
            RequireOther($"the device '{path}'", file);
        }
    }

    private async Task<string> AttachUriAsync(string uri, DeviceAccess access)
    {
        var name = NameFor(uri);
        Attached(uri, name, await service.AttachAsync(name, uri, access.IsReadOnly));
        return name;
    }

    private FileDevice OpenFile(string path, DeviceAccess access)
    {
        var isMissing = path.Length == 0 || !Path.Exists(path);
        if (isMissing && access.CreateSize is null && !IsLink(path))
        {
            throw new RefusedException(
                $"there is no file '{path}', and no device of that name in --config"
                + (access.IsReadOnly || access.MayFallBack
                    ? "."
                    : $"; create it by --create SIZE of dmio write, serve or volume create, or by truncate -s SIZE "
                        + $"{path}."));
        }

        var options = new FileDeviceOptions
        {
            Path = path,
            IsReadOnly = access.IsReadOnly,
            CreateSize = access.CreateSize,
            Mode = access.Mode,
            IsDirect = access.IsDirect,
        };
        try
        {
            var device = FileDevice.Open(options);
            if (isMissing)
            {
                created.Add(path, device.Description.Identity ?? FileIdentity.Of(path));
            }

            return device;
        }
        catch (DeviceOpenException) when (access.MayFallBack)
        {
            return FileDevice.Open(options with { IsReadOnly = true });
        }
    }

    /// <summary>A link without a target. The error of the open names the target.</summary>
    private static bool IsLink(string path)
    {
        try
        {
            return path.Length > 0 && new FileInfo(path).LinkTarget is not null;
        }
        catch (Exception fault) when (fault is IOException or ArgumentException)
        {
            // The working directory was deleted, or the path has a null character.
            return false;
        }
    }

    private async Task<string> AttachAsync(string text, IBlockDevice device)
    {
        var name = NameFor(text);
        Attached(text, name, await service.AttachAsync(name, device));
        return name;
    }

    private string NameFor(string text)
    {
        var isName = text.Length is > 0 and <= MaxNameLength
            && !text.Any(letter => letter is '@' or ',' || char.IsControl(letter));
        return isName ? text : $"device {nameOfText.Count}";
    }

    private void Attached(string text, string name, DeviceDescription description)
    {
        descriptions[name] = description;
        Log.Information(
            "{Device}: {Backend}, {Capacity} sectors", text, description.Backend, description.Capacity.Sectors.Value);
    }
}
