using System.Collections.Concurrent;
using Akka.Actor;
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
    private static readonly TimeSpan AttachTimeout = TimeSpan.FromSeconds(30);

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
        foreach (var device in settings.Devices)
        {
            if (opened.IsInspection && device.CreateSize.Value > 0 && !File.Exists(device.Path))
            {
                opened.missing.Add((
                    device,
                    $"'{device.Path}' does not exist; the start of a service creates it with "
                    + $"{device.CreateSize.Bytes} bytes."));
                continue;
            }

            try
            {
                var open = await opened.OpenAsync(device, CancellationToken.None).ConfigureAwait(false);
                opened.devices.Add((device, open));
                opened.InService(device.Name, open);
            }
            catch (DeviceOpenException exception) when (
                device.OnMissing != MissingDevicePolicy.Fail && exception.InnerException is not ConfigurationException)
            {
                opened.missing.Add((device, exception.Message));
            }
            catch (DeviceOpenException exception)
            {
                opened.CloseFrom(0);
                throw FaultOf(device, exception.Message, exception);
            }
        }

        return opened;
    }

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

    /// <summary>Attaches them to a service that starts. Blocks, so that the service cannot be used before; its
    /// supervisor has nothing else to do yet.</summary>
    /// <exception cref="ConfigurationException">One is refused and must not be missing; the supervisor is stopped, and
    /// those that are not attached are closed.</exception>
    internal void Attach(ActorSystem system, DmIoService service)
    {
        for (var index = 0; index < devices.Count; index++)
        {
            var (device, opened) = devices[index];
            try
            {
                // Not canceled: behind the end of the supervisor it closes a device that was not taken over.
                Task.Run(() => service.AttachAsync(device.Name, opened, device.QueueDepth, device.Policy))
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
                system.Stop(service.Supervisor);
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
    internal int? Release(string name) => stuckDevices.TryGetValue(name, out var stuck) ? stuck.Release() : null;

    /// <summary>Closes those that are not attached, from that index on.</summary>
    internal void CloseFrom(int index) =>
        Task.WhenAll(devices.Skip(index).Select(open => open.Device.DisposeAsync().AsTask())).GetAwaiter().GetResult();
}
