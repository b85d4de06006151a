using DmIo.Actors.Client;
using DmIo.Actors.Protocol;
using DmIo.Volumes.Actors;

namespace DmIo.Volumes.Client;

/// <summary>An open volume, which is attached to the service as a device. Thread-safe.</summary>
public sealed class Volume : IAsyncDisposable
{
    private readonly DmIoService service;
    private readonly TakenOver volume;
    private readonly Lazy<Task> closing;

    internal Volume(DmIoService service, TakenOver volume)
    {
        (this.service, this.volume) = (service, volume);
        closing = new Lazy<Task>(CloseAsync);
    }

    /// <summary>The name of the device.</summary>
    public string Name => volume.Opening.Name;

    /// <summary>The volume is closed, or its actor system has terminated.</summary>
    internal Task Closed => volume.Device.Closed;

    /// <summary>The state of the volume and of its legs.</summary>
    public Task<VolumeStatus> GetStatusAsync()
    {
        var status = new TaskCompletionSource<VolumeStatus>(TaskCreationOptions.RunContinuationsAsynchronously);
        volume.Device.Post(device => status.TrySetResult(VolumeReport.Of(device, volume.Opening)));
        return status.Task;
    }

    /// <summary>Closes the volume and stops it: no opening of it succeeds until it is started.</summary>
    /// <exception cref="VolumeException">The volume is closed, and the record could not be stored.</exception>
    public async Task StopAsync()
    {
        volume.RequestStop();
        await DisposeAsync();
        volume.RequireStopped();
    }

    /// <summary>Detaches the device: operations in flight end, and the volume is closed. A volume that is still open
    /// when its actor system terminates is closed before the service stops.</summary>
    public async ValueTask DisposeAsync() => await closing.Value;

    private async Task CloseAsync()
    {
        if (Closed.IsCompleted)
        {
            return;
        }

        try
        {
            await service.DetachAsync(Name);
        }
        catch (IoRefusedException)
        {
            // The device is being detached already, or the service stops.
            await Closed;
        }
    }
}
