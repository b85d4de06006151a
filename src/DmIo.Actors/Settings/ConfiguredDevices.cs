using Akka.Configuration;
using DmIo.Devices;
using DmIo.Devices.Decorators;

namespace DmIo.Actors;

/// <summary>
/// The devices of <c>dmio.devices</c>, open: all of them or none. They are this object's until they are attached, the
/// service's then.
/// </summary>
internal sealed class ConfiguredDevices
{
    private readonly List<(DeviceSettings Settings, IBlockDevice Device)> devices = [];

    /// <summary>By name in ordinal order.</summary>
    internal IReadOnlyList<(DeviceSettings Settings, IBlockDevice Device)> All => devices;

    /// <exception cref="ConfigurationException">One can't be opened: names it and says why. The others are
    /// closed.</exception>
    internal static async Task<ConfiguredDevices> OpenAsync(
        IReadOnlyList<DeviceSettings> settings, DeviceProviders providers, Config config)
    {
        var opened = new ConfiguredDevices();
        foreach (var device in settings)
        {
            try
            {
                opened.devices.Add((device, await OpenAsync(device, providers, config).ConfigureAwait(false)));
            }
            catch (DeviceOpenException exception)
            {
                opened.CloseFrom(0);
                throw FaultOf(device, exception.Message, exception);
            }
        }

        return opened;
    }

    private static async Task<IBlockDevice> OpenAsync(DeviceSettings settings, DeviceProviders providers, Config config)
    {
        if (settings.Uri is not { } uri)
        {
            return DeviceFactory.Open(settings);
        }

        var opening = new DeviceOpening
        {
            Uri = uri,
            IsReadOnly = settings.IsReadOnly,
            QueueDepth = settings.QueueDepth,
            Settings = config.GetConfig(settings.FullPath) ?? Config.Empty,
        };
        var device = await providers.OpenAsync(opening, settings.OpenTimeout, default).ConfigureAwait(false);
        return DeviceFactory.Wrap(device, settings);
    }

    /// <summary>The start fails on account of this device.</summary>
    internal static ConfigurationException FaultOf(DeviceSettings device, string reason, Exception? cause) =>
        new($"{device.FullPath} can't be put into service. {reason}", cause);

    /// <summary>Lets go what is stuck at a device; how many operations. Null: there is no such device, or it does not
    /// stick.</summary>
    internal int? Release(string name) => devices.Find(open => open.Settings.Name == name).Device is StuckDevice stuck
        ? stuck.Release()
        : null;

    /// <summary>Closes those that are not attached, from that index on.</summary>
    internal void CloseFrom(int index) =>
        Task.WhenAll(devices.Skip(index).Select(open => open.Device.DisposeAsync().AsTask())).GetAwaiter().GetResult();
}
