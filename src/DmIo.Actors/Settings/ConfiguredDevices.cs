using System.Collections.Concurrent;
using Akka.Configuration;
using DmIo.Devices;
using DmIo.Devices.Decorators;

namespace DmIo.Actors;

/// <summary>
/// The devices of <c>dmio.devices</c>, open: all of them or none, except those that may be missing (<c>on-missing</c>).
/// They are this object's until they are attached, the service's then.
/// </summary>
internal sealed class ConfiguredDevices
{
    private readonly List<(DeviceSettings Settings, IBlockDevice Device)> devices = [];
    private readonly List<(DeviceSettings Settings, string Reason)> missing = [];
    private readonly ConcurrentDictionary<string, StuckDevice> stuckDevices = new(StringComparer.Ordinal);
    private readonly DeviceProviders providers;
    private readonly Config config;

    private ConfiguredDevices(DeviceProviders providers, Config config)
    {
        this.providers = providers;
        this.config = config;
    }

    /// <summary>By name in ordinal order.</summary>
    internal IReadOnlyList<(DeviceSettings Settings, IBlockDevice Device)> All => devices;

    /// <summary>Those that could not be opened or attached, which is no error, and why.</summary>
    internal IReadOnlyList<(DeviceSettings Settings, string Reason)> Missing => missing;

    /// <exception cref="ConfigurationException">One can't be opened and must not be missing, or its provider refuses
    /// its settings: names it and says why. The others are closed.</exception>
    internal static async Task<ConfiguredDevices> OpenAsync(
        IReadOnlyList<DeviceSettings> settings, DeviceProviders providers, Config config)
    {
        var opened = new ConfiguredDevices(providers, config);

        // Files in order, URIs at the same time: the start waits for the slowest server, not for all in turn.
        var openings = settings.Select(device => opened.OpenAsync(device, CancellationToken.None)).ToArray();
        await ((Task)Task.WhenAll(openings)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ConfigurationException? fault = null;
        foreach (var (device, opening) in settings.Zip(openings))
        {
            if (opening.IsCompletedSuccessfully)
            {
                opened.devices.Add((device, opening.Result));
                opened.InService(device.Name, opening.Result);
                continue;
            }

            var cause = opening.Exception?.InnerException ?? new TaskCanceledException(opening);
            if (MayBeMissing(device, cause))
            {
                opened.missing.Add((device, cause.Message));
            }
            else
            {
                fault ??= FaultOf(device, cause.Message, cause);
            }
        }

        if (fault is not null)
        {
            opened.CloseFrom(0);
            throw fault;
        }

        return opened;
    }

    /// <summary>A setting that is wrong stays wrong.</summary>
    private static bool MayBeMissing(DeviceSettings device, Exception cause) =>
        device.OnMissing != MissingDevicePolicy.Fail
        && cause is not ConfigurationException && cause.InnerException is not ConfigurationException;

    /// <summary>Opens one; it is the caller's.</summary>
    /// <exception cref="DeviceOpenException">It can't be opened.</exception>
    internal async Task<IBlockDevice> OpenAsync(DeviceSettings settings, CancellationToken cancellationToken)
    {
        return settings.Uri is { } uri
            ? await OpenUriAsync(settings, uri, cancellationToken).ConfigureAwait(false)
            : DeviceFactory.Open(settings);
    }

    /// <summary>The device serves under that name: <see cref="Release"/> knows it.</summary>
    internal void InService(string name, IBlockDevice device)
    {
        if (device is StuckDevice stuck)
        {
            stuckDevices[name] = stuck;
        }
    }

    /// <summary>The device at that index was not attached, and is closed; it may be missing.</summary>
    internal void SetMissing(int index, string reason)
    {
        missing.Add((devices[index].Settings, reason));
        devices.RemoveAt(index);
    }

    private async Task<IBlockDevice> OpenUriAsync(
        DeviceSettings settings, string uri, CancellationToken cancellationToken)
    {
        var opening = new DeviceOpening
        {
            Uri = uri,
            IsReadOnly = settings.IsReadOnly,
            QueueDepth = settings.QueueDepth,
            Settings = config.GetConfig(settings.FullPath) ?? Config.Empty,
        };
        var device = await providers.OpenAsync(opening, settings.OpenTimeout, cancellationToken).ConfigureAwait(false);
        return DeviceFactory.Wrap(device, settings);
    }

    /// <summary>The start fails on account of this device.</summary>
    internal static ConfigurationException FaultOf(DeviceSettings device, string reason, Exception? cause) =>
        new($"{device.FullPath} can't be put into service. {reason}", cause);

    /// <summary>Lets go what is stuck at a device; how many operations. Null: there is no such device, or it does not
    /// stick.</summary>
    internal int? Release(string name) => stuckDevices.TryGetValue(name, out var stuck) ? stuck.Release() : null;

    /// <summary>Closes those that are not attached, from that index on.</summary>
    internal void CloseFrom(int index) =>
        Task.WhenAll(devices.Skip(index).Select(open => open.Device.DisposeAsync().AsTask())).GetAwaiter().GetResult();
}
