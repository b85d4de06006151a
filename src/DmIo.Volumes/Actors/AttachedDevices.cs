using System.Collections.ObjectModel;
using DmIo.Actors.Client;
using DmIo.Devices;

namespace DmIo.Volumes.Actors;

/// <summary>The devices that are attached to a service, by name, as they were when they were listed.</summary>
internal sealed class AttachedDevices : ReadOnlyDictionary<string, DeviceDescription>
{
    private AttachedDevices(Dictionary<string, DeviceDescription> devices)
        : base(devices)
    {
    }

    internal static async Task<AttachedDevices> OfAsync(
        DmIoService service, CancellationToken cancellation = default) =>
        new((await service.GetDevicesAsync(cancellation)).ToDictionary(
            device => device.Name, device => device.Description, StringComparer.Ordinal));

    /// <summary>A device that can be a leg or witness.</summary>
    /// <exception cref="VolumeException">It is not attached, or cannot be a leg.</exception>
    internal DeviceDescription Require(string name, bool allowUnfenced)
    {
        if (!TryGetValue(name, out var description))
        {
            throw new VolumeException($"No device named '{name}' is attached; attach it first.");
        }

        return VolumeRules.FaultOf(name, description, allowUnfenced) is { } unfit
            ? throw new VolumeException(unfit)
            : description;
    }
}
