using Akka.Actor;
using DmIo.Actors.Client;
using DmIo.Actors.Protocol;
using DmIo.Volumes.Actors;

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
        var client = await service.OpenAsync(options.Pages);
        VolumeDevice? device = null;
        try
        {
            var (stores, known) = await VolumeSearch.RunAsync(service, client, options);
            device = new VolumeDevice(client, known, stores, TimeProvider.System);
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
