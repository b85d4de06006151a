using System.Collections.Immutable;
using Akka.Actor;
using DmIo.Actors.Configuration;
using DmIo.Actors.Devices;

namespace DmIo.Actors.Client;

/// <summary>The configured devices without which a service started, by name in ordinal order. Any thread.</summary>
internal sealed class MissingDevices
{
    private ImmutableSortedDictionary<string, MissingDevice> devices =
        ImmutableSortedDictionary.Create<string, MissingDevice>(StringComparer.Ordinal);

    internal IReadOnlyList<MissingDevice> All => [.. Volatile.Read(ref devices).Values];

    /// <summary>Lists them, and has those that are retried opened and attached in the background.</summary>
    internal void Start(ExtendedActorSystem system, DmIoService service, ConfiguredDevices configured)
    {
        foreach (var (device, reason) in configured.Missing)
        {
            var isRetried = device.OnMissing == MissingDevicePolicy.Retry && !configured.IsInspection;
            var missing = new MissingDevice(device.Name, reason, isRetried);
            Set(missing);
            if (missing.IsRetried)
            {
                system.SystemActorOf(
                    MissingDeviceActor.Props(
                        missing, this, end => AttachAsync(service, configured, device, end), service.Supervisor),
                    $"dmio-missing-{DeviceName.ToActorName(device.Name)}");
            }
        }
    }

    internal void Set(MissingDevice device) =>
        ImmutableInterlocked.Update(ref devices, all => all.SetItem(device.Name, device));

    internal void Remove(string name) => ImmutableInterlocked.Update(ref devices, all => all.Remove(name));

    /// <summary>Does nothing if the application has attached a device of that name. Once it is open, the attaching is
    /// not canceled: it ends by itself with the service, which then closes the device.</summary>
    private static async Task AttachAsync(
        DmIoService service,
        ConfiguredDevices configured,
        DeviceSettings device,
        CancellationToken cancellationToken)
    {
        var attached = await service.GetDevicesAsync(cancellationToken);
        if (!attached.Any(other => other.Name == device.Name))
        {
            var opened = await configured.OpenAsync(device, cancellationToken);
            await service.AttachAsync(
                device.Name, opened, device.QueueDepth, device.Policy, CancellationToken.None);
            configured.InService(device.Name, opened);
        }
    }
}
