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
    /// <exception cref="VolumeException">No leg of a volume was found, the legs belong to several volumes, or the
    /// volume does not serve within <see cref="VolumeOptions.OpenTimeout"/>.</exception>
    /// <exception cref="IoRefusedException">The name is in use, or the service has stopped.</exception>
    public static async Task<Volume> OpenVolumeAsync(this DmIoService service, VolumeOptions options)
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(options);
        var client = await service.OpenAsync(options.Pages);
        VolumeDevice? device = null;
        try
        {
            var stores = await FindAsync(service, client, options);
            var known = stores.Select(store => store.Superblock.Accepted!)
                .OrderByDescending(record => record.Version).First();
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
            return new Volume(service, device, opening);
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

    private static async Task<IReadOnlyList<LegStore>> FindAsync(
        DmIoService service, IoClient client, VolumeOptions options)
    {
        var attached = (await service.GetDevicesAsync()).ToDictionary(
            device => device.Name, device => device.Description.Capacity, StringComparer.Ordinal);
        var (stores, faults) = (new List<LegStore>(), new List<string>());
        foreach (var name in options.Legs.Concat(options.Witnesses))
        {
            try
            {
                stores.Add(attached.TryGetValue(name, out var capacity)
                    ? await LegStore.OpenAsync(client, name, capacity)
                    : throw new VolumeException($"No device named '{name}' is attached."));
            }
            catch (VolumeException fault)
            {
                faults.Add(fault.Message);
            }
        }

        if (stores.Count == 0)
        {
            throw new VolumeException(
                $"No leg of the volume '{options.Name}' was found. {string.Join(' ', faults)}");
        }

        var volumes = stores.GroupBy(store => store.Superblock.Volume).ToList();
        if (volumes.Count > 1)
        {
            throw new VolumeException(
                $"The legs of '{options.Name}' belong to {volumes.Count} volumes: " + string.Join(
                    "; ",
                    volumes.Select(volume => $"{volume.Key}: {string.Join(", ", volume.Select(leg => leg.Device))}")));
        }

        return stores;
    }
}

/// <summary>An open volume, which is attached to the service as a device.</summary>
public sealed class Volume : IAsyncDisposable
{
    private readonly DmIoService service;
    private readonly VolumeDevice device;
    private readonly VolumeOpening opening;

    internal Volume(DmIoService service, VolumeDevice device, VolumeOpening opening)
    {
        (this.service, this.device, this.opening) = (service, device, opening);
    }

    /// <summary>The name of the device.</summary>
    public string Name => opening.Name;

    /// <summary>The state of the volume and of its legs.</summary>
    public Task<VolumeStatus> GetStatusAsync()
    {
        var status = new TaskCompletionSource<VolumeStatus>(TaskCreationOptions.RunContinuationsAsynchronously);
        device.Post(volume => status.TrySetResult(VolumeReport.Of(volume, opening)));
        return status.Task;
    }

    /// <summary>Detaches the device: operations in flight end, and the volume is closed.</summary>
    public async ValueTask DisposeAsync() => await service.DetachAsync(Name);
}
