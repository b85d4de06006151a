using System.Collections.ObjectModel;
using DmIo.Actors.Client;
using DmIo.Devices;
using static DmIo.Actors.Protocol.ServiceProtocol;

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
        Of(await service.GetDevicesAsync(cancellation));

    internal static AttachedDevices Of(IEnumerable<DeviceStatus> devices) => new(devices.ToDictionary(
        device => device.Name, device => device.Description, StringComparer.Ordinal));

    /// <summary>Checks that devices can be those of a leg or witness.</summary>
    /// <exception cref="VolumeException">One is not attached, or cannot be used.</exception>
    internal void Require(LegDevices devices, bool allowUnfenced)
    {
        foreach (var device in devices.All)
        {
            Require(device, allowUnfenced);
        }
    }

    private void Require(string name, bool allowUnfenced)
    {
        if (!TryGetValue(name, out var description))
        {
            throw new VolumeException($"No device named '{name}' is attached; attach it first.");
        }

        if (VolumeRules.FaultOf(name, description, allowUnfenced) is { } unfit)
        {
            throw new VolumeException(unfit);
        }
    }
}
