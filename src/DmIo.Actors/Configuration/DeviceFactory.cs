using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Devices.Files;

namespace DmIo.Actors.Configuration;

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
