using Akka.Configuration;
using Akka.Event;
using DmIo.Actors.Client;
using DmIo.Actors.Protocol;
using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Volumes.Configuration;

namespace DmIo.Volumes.Client;

/// <summary>The volumes of <c>dmio.volumes</c>.</summary>
public static class ConfiguredVolumes
{
    /// <summary>Opens the volumes of the block <c>dmio.volumes</c> of the actor system's configuration, by name in
    /// ordinal order; <c>hocon/volumes.conf</c> documents the keys. Volumes that are open already are left out. If one
    /// cannot be opened, those that were opened by this call are closed. All are closed with the actor
    /// system.</summary>
    /// <returns>The volumes that were opened.</returns>
    /// <exception cref="ConfigurationException">A setting is invalid, or a volume cannot be opened; the message names
    /// the key or the volume.</exception>
    public static async Task<IReadOnlyList<Volume>> OpenConfiguredVolumesAsync(this DmIoService service)
    {
        ArgumentNullException.ThrowIfNull(service);
        var opened = new List<Volume>();
        var open = service.GetVolumes().Select(volume => volume.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var options in VolumeSettings.ReadAll(service.System.Settings.Config)
            .Where(options => !open.Contains(options.Name)))
        {
            try
            {
                await AttachWitnessesAsync(service, options);
                opened.Add(await service.OpenVolumeAsync(options));
            }
            catch (Exception fault) when (fault is VolumeException or IoRefusedException or DeviceOpenException)
            {
                await Task.WhenAll(opened.Select(volume => volume.DisposeAsync().AsTask()));
                throw new ConfigurationException(
                    $"dmio.volumes.{options.Name} can't be put into service. {fault.Message}", fault);
            }
        }

        return opened;
    }

    /// <summary>Attaches the witnesses that are paths. A missing one is a warning: a quorum decides.</summary>
    private static async Task AttachWitnessesAsync(DmIoService service, VolumeOptions options)
    {
        var attached = (await service.GetDevicesAsync()).Select(device => device.Name);
        foreach (var path in options.Witnesses.Where(witness => witness.Contains('/', StringComparison.Ordinal))
            .Except(attached, StringComparer.Ordinal))
        {
            try
            {
                await service.AttachAsync(path, FileDevice.Open(new FileDeviceOptions { Path = path }));
            }
            catch (DeviceOpenException fault)
            {
                Logging.GetLogger(service.System, typeof(ConfiguredVolumes)).Warning(
                    "The volume '{0}' is opened without its witness '{1}': {2}", options.Name, path, fault.Message);
            }
        }
    }
}
