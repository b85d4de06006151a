using Akka.Actor;
using DmIo.Actors.Client;
using DmIo.Actors.Protocol;
using DmIo.Volumes.Actors;
using DmIo.Volumes.Sync;

namespace DmIo.Volumes.Client;

/// <summary>Replicated volumes of a service: devices that keep the same data on several legs.</summary>
public static class DmIoVolumes
{
    /// <summary>Writes the metadata of a new volume on its legs and witnesses, which must be attached. What the legs
    /// held is lost.</summary>
    /// <exception cref="VolumeException">A leg cannot be used, or holds a volume or a file system and
    /// <see cref="VolumeOptions.Force"/> is not set.</exception>
    public static async Task CreateVolumeAsync(this DmIoService service, VolumeOptions options)
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(options);
        await using var client = await service.OpenAsync(pages: 64);
        await new VolumeCreation(service, client, options).RunAsync();
    }

    /// <summary>Takes a volume over and attaches it as a device of its name. Detaching the device closes the
    /// volume.</summary>
    /// <returns>The volume.</returns>
    /// <exception cref="VolumeException">An option is invalid, no leg of a volume was found, the legs belong to several
    /// volumes, the devices that were named are too few, or the volume does not serve within
    /// <see cref="VolumeOptions.OpenTimeout"/>.</exception>
    /// <exception cref="IoRefusedException">The name is in use, or the service has stopped.</exception>
    public static async Task<Volume> OpenVolumeAsync(this DmIoService service, VolumeOptions options)
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(options);
        if (VolumeRules.FaultOf(options) is { } fault)
        {
            throw new VolumeException(fault);
        }

        var client = await service.OpenAsync(options.Pages);
        VolumeDevice? device = null;
        try
        {
            var (stores, known) = await VolumeSearch.RunAsync(service, client, options);
            var copyClient = await service.OpenAsync(CopyTransfers.Pages);
            device = new VolumeDevice(client, copyClient, known, stores, TimeProvider.System)
            {
                Extents = new VolumeExtents(service),
                Synchronization = new Synchronization { MaxBytesPerSecond = options.MaxResync.Bytes },
            };
            string[] devices = [.. options.Legs, .. options.Witnesses];
            var opening = new VolumeOpening(service, client, options.Name, devices, stores)
            {
                LegTimeout = options.LegTimeout,
            };
            var actor = service.System.ActorOf(Props.Create(() => new VolumeActor(device, opening)));
            await WaitAsync(actor, options, stores);
            await service.AttachAsync(options.Name, device);
            var volume = new Volume(service, device, opening);
            AttachedVolumes.For(service.System).Add(volume);
            return volume;
        }
        catch
        {
            if (device is not null)
            {
                await device.DisposeAsync();
            }
            else
            {
                await client.DisposeAsync();
            }

            throw;
        }
    }

    /// <summary>The open volumes of the service, by name in ordinal order.</summary>
    public static IReadOnlyList<Volume> GetVolumes(this DmIoService service)
    {
        ArgumentNullException.ThrowIfNull(service);
        return AttachedVolumes.For(service.System).All;
    }

    private static async Task WaitAsync(IActorRef actor, VolumeOptions options, IReadOnlyList<LegStore> stores)
    {
        try
        {
            await actor.Ask<VolumeActor.Opened>(new VolumeActor.WaitForOpen(), options.OpenTimeout);
        }
        catch (AskTimeoutException)
        {
            var found = string.Join(", ", stores.Select(store => $"'{store.Device}'"));
            throw new VolumeException(
                $"The volume '{options.Name}' does not serve after {options.OpenTimeout.TotalSeconds} s. Found: "
                + $"{found}. It needs a quorum of its voters and a leg of its in-sync set; attach the missing ones.");
        }
    }
}
