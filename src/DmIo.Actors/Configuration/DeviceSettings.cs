using DmIo.Actors.Scheduling;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;

namespace DmIo.Actors.Configuration;

/// <summary>One block of <c>dmio.devices</c>: a device to open and attach at the start.</summary>
/// <remarks>Invariant: memory and null have a <see cref="Size"/>, file has a <see cref="Path"/>, uri a
/// <see cref="Uri"/>.</remarks>
internal sealed record DeviceSettings
{
    private const string ExpectedSize = "a multiple of 512 bytes, such as 512, 4KiB, 64MiB or 2GiB";

    private const string ExpectedCreateSize = ExpectedSize + ", or 0";

    private const string ExpectedUri = "a URI such as nbd://host:10809/name";

    private static readonly TimeSpan MaxOpenTimeout = TimeSpan.FromHours(1);
    private static readonly TimeSpan MaxAge = TimeSpan.FromHours(1);
    private static readonly TimeSpan MaxLatencyTarget = TimeSpan.FromMinutes(1);

    private const string ExpectedPath = "the path of a file or block device";

    /// <summary>The name that regions use.</summary>
    internal required string Name { get; init; }

    /// <summary>The path of its block in the configuration.</summary>
    internal required string FullPath { get; init; }

    internal required DeviceBackend Backend { get; init; }

    /// <summary>The size of a memory or null device; 0 for others.</summary>
    internal ByteSize Size { get; init; }

    /// <summary>The path of a file.</summary>
    internal string? Path { get; init; }

    /// <summary>The size of a file to create; 0: the file must exist.</summary>
    internal ByteSize CreateSize { get; init; }

    /// <summary>The mode of a file; null: chosen by its location.</summary>
    internal ServiceMode? Mode { get; init; }

    /// <summary>A file is opened with direct I/O, which bypasses the page cache.</summary>
    internal bool IsDirect { get; init; }

    /// <summary>A file allows reads after a failed flush.</summary>
    internal bool ReadsAfterFailure { get; init; }

    /// <summary>The URI of a device that a provider opens.</summary>
    internal string? Uri { get; init; }

    /// <summary>The time limit of a provider's open.</summary>
    internal required TimeSpan OpenTimeout { get; init; }

    /// <summary>The policy if the device cannot be opened or attached at the start.</summary>
    internal required MissingDevicePolicy OnMissing { get; init; }

    /// <summary>The device is slow if its oldest operation is in flight for longer.</summary>
    internal required TimeSpan SlowAfter { get; init; }

    /// <summary>The device is unhealthy if its oldest operation is in flight for longer.</summary>
    internal required TimeSpan UnhealthyAfter { get; init; }

    internal required bool IsReadOnly { get; init; }

    internal required QueueDepth QueueDepth { get; init; }

    internal required SchedulingPolicy Policy { get; init; }

    /// <summary>Operations are held until they are released.</summary>
    internal required bool IsStuck { get; init; }

    internal required DeviceDelays Delays { get; init; }

    internal required IReadOnlyList<FaultRule> Faults { get; init; }

    /// <summary>The seed of the faults' probabilities.</summary>
    internal required int FaultSeed { get; init; }

    internal static DeviceSettings Read(string name, SettingsReader reader, SettingsReader faultDefaults)
    {
        reader.MayHave("size", "path", "uri");
        var settings = ReadCommon(name, reader.Choice<DeviceBackend>("backend"), reader, faultDefaults);
        settings = settings.Backend switch
        {
            DeviceBackend.File => ReadFile(settings with { Path = ReadPath(reader) }, reader),
            DeviceBackend.Uri => settings with { Uri = reader.Text("uri", ExpectedUri, DeviceProviders.IsUri) },
            _ => settings with { Size = ReadSize(reader, "size", ExpectedSize, 1) },
        };
        if (settings.Backend == DeviceBackend.Uri)
        {
            reader.LeaveBlocks();
        }

        reader.RefuseUnknownKeys();
        return settings;
    }

    /// <summary>Validates the faults in <c>dmio.device-defaults</c>, which are otherwise read only if a device uses
    /// them.</summary>
    internal static void CheckDefaults(SettingsReader defaults, SettingsReader faultDefaults)
    {
        ReadFile(ReadCommon("", DeviceBackend.File, defaults, faultDefaults), defaults);
        defaults.RefuseUnknownKeys();
    }

    /// <summary>A latency target makes the depth adaptive, with the configured depth as its maximum.</summary>
    internal static QueueDepth ReadQueueDepth(SettingsReader reader)
    {
        var number = reader.NumberOr("adaptive", "queue-depth", 1, QueueDepth.MaxValue);
        var target = reader.Duration("latency-target", MaxLatencyTarget);
        QueueDepth depth = number is { } max ? (int)max : QueueDepth.Adaptive();
        return target == TimeSpan.Zero ? depth : QueueDepth.Adaptive(1, depth.Max, target);
    }

    internal static TimeSpan ReadSlowAfter(SettingsReader reader) => reader.Duration("slow-after", MaxAge);

    internal static TimeSpan ReadUnhealthyAfter(SettingsReader reader) =>
        reader.Duration("unhealthy-after", MaxAge);

    internal static SchedulingPolicy ReadPolicy(SettingsReader reader) => reader.Choice<SchedulingPolicy>("policy");

    private static DeviceSettings ReadCommon(
        string name, DeviceBackend backend, SettingsReader reader, SettingsReader faultDefaults) => new()
        {
            Name = name,
            FullPath = reader.Path,
            Backend = backend,
            IsReadOnly = reader.Flag("read-only"),
            OpenTimeout = reader.Duration("open-timeout", MaxOpenTimeout),
            SlowAfter = ReadSlowAfter(reader),
            UnhealthyAfter = ReadUnhealthyAfter(reader),
            OnMissing = reader.Choice<MissingDevicePolicy>("on-missing"),
            QueueDepth = ReadQueueDepth(reader),
            Policy = ReadPolicy(reader),
            IsStuck = reader.Flag("stuck"),
            Delays = FaultSettings.ReadDelays(reader.Section("delay")),
            Faults = [.. reader.Sections("faults", faultDefaults).Select(FaultSettings.ReadRule)],
            FaultSeed = (int)reader.Number("fault-seed", 0, int.MaxValue),
        };

    private static string ReadPath(SettingsReader reader) =>
        reader.Text("path", ExpectedPath, text => text.Length > 0 && !text.Contains('\0', StringComparison.Ordinal));

    private static DeviceSettings ReadFile(DeviceSettings settings, SettingsReader reader) => settings with
    {
        CreateSize = ReadSize(reader, "create-size", ExpectedCreateSize, 0),
        IsDirect = reader.Flag("direct"),
        ReadsAfterFailure = reader.Flag("read-after-failure"),
        Mode = reader.Choice<ConfiguredMode>("mode") switch
        {
            ConfiguredMode.Inline => ServiceMode.Inline,
            ConfiguredMode.Ring => ServiceMode.Ring,
            ConfiguredMode.Threads => ServiceMode.Threads,
            _ => null,
        },
    };

    private static ByteSize ReadSize(SettingsReader reader, string key, string expected, long minBytes) =>
        reader.Size(key, expected, size => size.Bytes >= minBytes && size.IsWholeSectors);
}

/// <summary>The mode of a configured file: the values of <c>mode</c>.</summary>
internal enum ConfiguredMode
{
    /// <summary>Chosen by the location of the file.</summary>
    Auto,

    /// <inheritdoc cref="ServiceMode.Inline"/>
    Inline,

    /// <inheritdoc cref="ServiceMode.Ring"/>
    Ring,

    /// <inheritdoc cref="ServiceMode.Threads"/>
    Threads,
}

/// <summary>The backend of a configured device: the values of <c>backend</c>.</summary>
internal enum DeviceBackend
{
    /// <summary>Memory of this process.</summary>
    Memory,

    /// <summary>A regular file or a block device.</summary>
    File,

    /// <summary>No storage.</summary>
    Null,

    /// <summary>A device that a provider opens by URI.</summary>
    Uri,
}

/// <summary>The policy if a configured device cannot be opened or attached at the start: the values of
/// <c>on-missing</c>.</summary>
public enum MissingDevicePolicy
{
    /// <summary>The start fails.</summary>
    Fail,

    /// <summary>The service starts without the device.</summary>
    Skip,

    /// <summary>The service starts without the device, and retries to open it in the background.</summary>
    Retry,
}

/// <summary>The fault injection of a configured device: one block of its <c>faults</c>, and its <c>delay</c>.</summary>
internal static class FaultSettings
{
    private static readonly TimeSpan MaxDelay = TimeSpan.FromHours(1);

    internal static FaultRule ReadRule(SettingsReader reader)
    {
        var rule = new FaultRule
        {
            Filter = new OperationFilter
            {
                Operations = reader.Choices<IoOperation>("operations"),
                Start = reader.Number("start", 0, long.MaxValue),
                Count = reader.NumberOr("all", "count", 0, SectorCount.MaxValue) ?? SectorCount.MaxValue,
            },
            After = reader.Number("after", 0, long.MaxValue),
            MaxCount = reader.NumberOr("unlimited", "times", 0, long.MaxValue),
            Probability = reader.Fraction("probability"),
            Errno = (int)reader.Number("errno", 1, 4095),
        };
        reader.RefuseUnknownKeys();
        return rule;
    }

    internal static DeviceDelays ReadDelays(SettingsReader reader)
    {
        var delays = DeviceDelays.From(
            operation => reader.Duration(operation.Name().Replace(' ', '-'), MaxDelay));
        reader.RefuseUnknownKeys();
        return delays;
    }
}
