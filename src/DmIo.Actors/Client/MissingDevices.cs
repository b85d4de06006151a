using System.Collections.Immutable;
using Akka.Actor;
using DmIo.Actors.Configuration;
using DmIo.Actors.Devices;

namespace DmIo.Actors.Client;

/// <summary>The configured devices that were missing at the start of the service, by name in ordinal order.
/// Thread-safe.</summary>
internal sealed class MissingDevices
{
    private ImmutableSortedDictionary<string, MissingDevice> devices =
        ImmutableSortedDictionary.Create<string, MissingDevice>(StringComparer.Ordinal);

    internal IReadOnlyList<MissingDevice> All => [.. Volatile.Read(ref devices).Values];

    /// <summary>Lists the missing devices, and starts an actor for each one that is retried.</summary>
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

    /// <summary>Does nothing if the application has attached a device of that name. The attach of an open device is not
    /// canceled: if the service stops, the attach ends and closes the device.</summary>
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
            configured.NoteAttached(device.Name, opened);
        }
    }
}

/// <summary>A configured device that was missing at the start of the service (<c>on-missing</c>).</summary>
/// <param name="Name">The name that regions use; requests that name the device get DeviceGone.</param>
/// <param name="Reason">The cause of the last failed attempt.</param>
/// <param name="IsRetried">The service retries in the background (<c>on-missing = retry</c>).</param>
public sealed record MissingDevice(string Name, string Reason, bool IsRetried);
