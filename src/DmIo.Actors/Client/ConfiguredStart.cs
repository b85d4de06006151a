using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using DmIo.Actors.Configuration;
using DmIo.Devices;

namespace DmIo.Actors.Client;

/// <summary>The configured devices at the start of a service: attaches them, and logs which are attached and which are
/// missing.</summary>
internal static class ConfiguredStart
{
    /// <summary>Blocks until all devices are attached.</summary>
    /// <exception cref="ConfigurationException">A device was refused and its on-missing is fail. The supervisor is
    /// stopped.</exception>
    internal static void Attach(ConfiguredDevices configured, DmIoService service, ActorSystem system)
    {
        try
        {
            configured.Attach((device, opened) =>
                service.AttachAsync(device.Name, opened, device.QueueDepth, device.Policy));
        }
        catch (ConfigurationException)
        {
            system.Stop(service.Supervisor);
            throw;
        }
    }

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
            // An application that attaches its own devices suppresses the warning with an empty block.
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
