using Akka.Configuration;
using Akka.Event;
using DmIo.Actors.Configuration;
using DmIo.Devices;

namespace DmIo.Actors.Client;

/// <summary>What the log says of the devices that a service starts with, and without.</summary>
internal static class StartReport
{
    internal static void Log(ILoggingAdapter log, ConfiguredDevices configured, Config config)
    {
        if (configured.IsInspection)
        {
            return;
        }

        if (configured.All.Count > 0)
        {
            log.Info(
                "The dm-io service has started; attached devices: {0}",
                string.Join(", ", configured.All.Select(Describe)));
        }
        else if (config.HasPath("dmio") && !config.HasPath("dmio.devices"))
        {
            // An application that attaches its devices itself says so by an empty block.
            log.Warning(
                "The dm-io service has started without a device: dmio is configured, dmio.devices is not. Requests "
                + "fail with DeviceGone until a device is attached. In an application that attaches its devices "
                + "itself, set dmio.devices to an empty block.");
        }

        foreach (var fault in MisplacedSettings.Find(config))
        {
            log.Warning("{0}", fault);
        }

        foreach (var (device, reason) in configured.Missing)
        {
            log.Warning(
                "{0} can't be put into service. {1} Its on-missing is {2}: the service has started without it, and "
                + "requests that name it fail with DeviceGone until it is attached.",
                device.FullPath,
                reason,
                device.OnMissing == MissingDevicePolicy.Retry ? "retry" : "skip");
        }
    }

    private static string Describe((DeviceSettings Settings, IBlockDevice Device) open)
    {
        var device = open.Device.Description;
        var mode = device.Mode.ToString().ToLowerInvariant();
        return $"'{open.Settings.Name}' ({device.Backend}, {mode}, {device.Capacity.Bytes} bytes)";
    }
}
