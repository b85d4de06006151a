using System.Collections.Concurrent;
using Akka.Configuration;
using DmIo.Actors.Protocol;
using DmIo.Devices;
using DmIo.Devices.Faults;

namespace DmIo.Actors.Configuration;

/// <summary>
/// The devices of <c>dmio.devices</c>, open: all of them or none, except those that may be missing (<c>on-missing</c>).
/// They are this object's until they are attached, the service's then.
/// </summary>
internal sealed class ConfiguredDevices
{
    private static readonly TimeSpan AttachTimeout = TimeSpan.FromSeconds(30);

    private readonly List<(DeviceSettings Settings, IBlockDevice Device)> devices = [];
    private readonly List<(DeviceSettings Settings, string Reason)> missing = [];
    private readonly ConcurrentDictionary<string, HungDevice> hungDevices = new(StringComparer.Ordinal);
    private readonly DeviceProviders providers;
    private readonly Config config;

    private ConfiguredDevices(DeviceProviders providers, Config config)
    {
        this.providers = providers;
        this.config = config;
    }

    /// <inheritdoc cref="DmIoSettings.IsInspection"/>
    internal bool IsInspection { get; private init; }

    /// <summary>By name in ordinal order.</summary>
    internal IReadOnlyList<(DeviceSettings Settings, IBlockDevice Device)> All => devices;

    /// <summary>Those that could not be opened or attached, which is no error, and why.</summary>
    internal IReadOnlyList<(DeviceSettings Settings, string Reason)> Missing => missing;

    /// <exception cref="ConfigurationException">One can't be opened and must not be missing, or its provider refuses
    /// its settings: names it and says why. The others are closed.</exception>
    internal static async Task<ConfiguredDevices> OpenAsync(
        DmIoSettings settings, DeviceProviders providers, Config config)
    {
        var opened = new ConfiguredDevices(providers, config) { IsInspection = settings.IsInspection };
        bool IsLeftOut(DeviceSettings device) =>
            opened.IsInspection && device.CreateSize.Bytes > 0 && !File.Exists(device.Path);

        opened.missing.AddRange(settings.Devices.Where(IsLeftOut).Select(device => (
            device,
            $"'{device.Path}' does not exist; the start of a service creates it with "
            + $"{device.CreateSize.Bytes} bytes.")));

        // Files in order, URIs at the same time: the start waits for the slowest server, not for all in turn.
        var meant = settings.Devices.Where(device => !IsLeftOut(device)).ToArray();
        var openings = meant.Select(device => opened.OpenAsync(device, CancellationToken.None)).ToArray();
        await ((Task)Task.WhenAll(openings)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ConfigurationException? fault = null;
        foreach (var (device, opening) in meant.Zip(openings))
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
        if (device is HungDevice hung)
        {
            hungDevices[name] = hung;
        }
    }

    /// <summary>Attaches them to a service that starts. Blocks, so that the service cannot be used before; its
    /// supervisor has nothing else to do yet.</summary>
    /// <param name="attach">Attaches a device, which belongs to the service from then on.</param>
    /// <exception cref="ConfigurationException">A device was refused and must not be missing; devices that are not
    /// attached are closed.</exception>
    internal void Attach(Func<DeviceSettings, IBlockDevice, Task> attach)
    {
        for (var index = 0; index < devices.Count; index++)
        {
            var (device, opened) = devices[index];
            try
            {
                // Not canceled: behind the end of the supervisor it closes a device that was not taken over.
                Task.Run(() => attach(device, opened))
                    .WaitAsync(AttachTimeout).GetAwaiter().GetResult();
            }
            catch (IoRefusedException fault) when (device.OnMissing != MissingDevicePolicy.Fail)
            {
                missing.Add((device, fault.Message));
                devices.RemoveAt(index--);
            }
            catch (Exception fault) when (fault is IoRefusedException or TimeoutException)
            {
                CloseFrom(index + 1);
                throw FaultOf(
                    device,
                    fault is IoRefusedException ? fault.Message : $"The service did not answer within {AttachTimeout}.",
                    fault);
            }
        }
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
    private static ConfigurationException FaultOf(DeviceSettings device, string reason, Exception? cause) =>
        new($"{device.FullPath} can't be put into service. {reason}", cause);

    /// <summary>Lets go what is stuck at a device; how many operations. Null: there is no such device, or it does not
    /// stick.</summary>
    internal int? Release(string name) => hungDevices.TryGetValue(name, out var hung) ? hung.Release() : null;

    /// <summary>Closes those that are not attached, from that index on.</summary>
    internal void CloseFrom(int index) =>
        Task.WhenAll(devices.Skip(index).Select(open => open.Device.DisposeAsync().AsTask())).GetAwaiter().GetResult();
}
