using System.Collections.Concurrent;
using Akka.Configuration;
using DmIo.Actors.Protocol;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Devices.Files;

namespace DmIo.Actors.Configuration;

/// <summary>
/// The open devices of <c>dmio.devices</c>: all of them or none, except those that may be missing (<c>on-missing</c>).
/// This object owns them until they are attached; then the service owns them.
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

    /// <summary>The devices that could not be opened or attached and may be missing, each with the cause.</summary>
    internal IReadOnlyList<(DeviceSettings Settings, string Reason)> Missing => missing;

    /// <exception cref="ConfigurationException">A device cannot be opened and its on-missing is fail, or its provider
    /// refuses its settings. The message names the device and the cause. All other devices are closed.</exception>
    internal static async Task<ConfiguredDevices> OpenAsync(
        DmIoSettings settings, DeviceProviders providers, Config config)
    {
        var opened = new ConfiguredDevices(providers, config) { IsInspection = settings.IsInspection };
        bool IsSkipped(DeviceSettings device) =>
            opened.IsInspection && device.CreateSize.Bytes > 0 && !File.Exists(device.Path);

        opened.missing.AddRange(settings.Devices.Where(IsSkipped).Select(device => (
            device,
            $"'{device.Path}' does not exist; the start of a service creates it with "
            + $"{device.CreateSize.Bytes} bytes.")));

        // Files in order, URIs concurrently: the start waits as long as the slowest server, not for the sum of all.
        var selected = settings.Devices.Where(device => !IsSkipped(device)).ToArray();
        var openings = selected.Select(device => opened.OpenAsync(device, CancellationToken.None)).ToArray();
        await ((Task)Task.WhenAll(openings)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ConfigurationException? fault = null;
        foreach (var (device, opening) in selected.Zip(openings))
        {
            if (opening.IsCompletedSuccessfully)
            {
                opened.devices.Add((device, opening.Result));
                opened.NoteAttached(device.Name, opening.Result);
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

    /// <summary>A configuration error always fails the start: a retry cannot fix it.</summary>
    private static bool MayBeMissing(DeviceSettings device, Exception cause) =>
        device.OnMissing != MissingDevicePolicy.Fail
        && cause is not ConfigurationException && cause.InnerException is not ConfigurationException;

    /// <summary>Opens a device, which the caller owns.</summary>
    /// <exception cref="DeviceOpenException">The device cannot be opened.</exception>
    internal async Task<IBlockDevice> OpenAsync(DeviceSettings settings, CancellationToken cancellationToken)
    {
        return settings.Uri is { } uri
            ? await OpenUriAsync(settings, uri, cancellationToken).ConfigureAwait(false)
            : DeviceFactory.Open(settings);
    }

    /// <summary>The device is in service under this name: makes it known to <see cref="Release"/>.</summary>
    internal void NoteAttached(string name, IBlockDevice device)
    {
        if (device is HungDevice hung)
        {
            hungDevices[name] = hung;
        }
    }

    /// <summary>Attaches the devices to a starting service. Blocks, so that the service cannot be used before; its
    /// supervisor is idle.</summary>
    /// <param name="attach">Attaches a device, and gives it to the service.</param>
    /// <exception cref="ConfigurationException">A device was refused and its on-missing is fail; the devices that are
    /// not attached are closed.</exception>
    internal void Attach(Func<DeviceSettings, IBlockDevice, Task> attach)
    {
        for (var index = 0; index < devices.Count; index++)
        {
            var (device, opened) = devices[index];
            try
            {
                // Not canceled: if the supervisor has stopped, the attach closes the device.
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

    /// <summary>The start fails because of this device.</summary>
    private static ConfigurationException FaultOf(DeviceSettings device, string reason, Exception? cause) =>
        new($"{device.FullPath} can't be put into service. {reason}", cause);

    /// <summary>Releases the operations that are stuck at a device.</summary>
    /// <returns>The number of released operations. Null: there is no such device, or it has no <c>stuck =
    /// on</c>.</returns>
    internal int? Release(string name) => hungDevices.TryGetValue(name, out var hung) ? hung.Release() : null;

    /// <summary>Closes the devices that are not attached, from this index on.</summary>
    internal void CloseFrom(int index) =>
        Task.WhenAll(devices.Skip(index).Select(open => open.Device.DisposeAsync().AsTask())).GetAwaiter().GetResult();
}

/// <summary>
/// Opens configured devices: the backend, wrapped by the configured fault injection. An operation passes: stuck, delay,
/// faults, read-only, backend.
/// </summary>
internal static class DeviceFactory
{
    /// <summary>Opens a device that needs no provider.</summary>
    /// <exception cref="DeviceOpenException">The device cannot be opened; the message names path, fault and
    /// fix.</exception>
    internal static IBlockDevice Open(DeviceSettings settings)
    {
        return Wrap(OpenBackend(settings), settings);
    }

    /// <summary>Wraps an open device as its settings require.</summary>
    internal static IBlockDevice Wrap(IBlockDevice device, DeviceSettings settings)
    {
        if (settings.IsReadOnly && !device.Description.IsReadOnly)
        {
            device = new LimitedDevice(device, description => description with { IsReadOnly = true });
        }

        device = settings.Faults.Count > 0
            ? new FaultyDevice(device, settings.FaultSeed, [.. settings.Faults])
            : device;
        device = settings.Delays != new DeviceDelays() ? new DelayedDevice(device, settings.Delays) : device;
        return settings.IsStuck ? new HungDevice(device) : device;
    }

    private static IBlockDevice OpenBackend(DeviceSettings settings) => settings.Backend switch
    {
        DeviceBackend.Memory => new MemoryDevice(settings.Size),
        DeviceBackend.Null => new NullDevice(settings.Size),
        DeviceBackend.File => FileDevice.Open(new FileDeviceOptions
        {
            Path = settings.Path!,
            IsReadOnly = settings.IsReadOnly,
            CreateSize = settings.CreateSize.Bytes == 0 ? null : settings.CreateSize,
            Mode = settings.Mode,
            IsDirect = settings.IsDirect,
            ReadsAfterFailure = settings.ReadsAfterFailure,
            QueueDepth = settings.QueueDepth.Max,
        }),
        _ => throw new InvalidOperationException($"The service cannot open the backend {settings.Backend} itself."),
    };
}
