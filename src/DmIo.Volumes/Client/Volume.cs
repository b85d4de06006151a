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

    private VoterChange Change => new(volume.Device, volume.Opening);

    /// <summary>The volume is closed, or its actor system has terminated.</summary>
    internal Task Closed => volume.Device.Closed;

    /// <summary>The state of the volume and of its legs.</summary>
    public Task<VolumeStatus> GetStatusAsync()
    {
        var status = new TaskCompletionSource<VolumeStatus>(TaskCreationOptions.RunContinuationsAsynchronously);
        volume.Device.Post(device => status.TrySetResult(VolumeReport.Of(device, volume.Opening)));
        return status.Task;
    }

    /// <summary>Adds a device to the volume. A leg is synchronized afterwards, while the volume serves.</summary>
    /// <param name="device">The name of the attached device.</param>
    /// <param name="options">What is accepted.</param>
    /// <param name="cancellationToken">Ends the wait, not the change.</param>
    /// <exception cref="VolumeException">The device cannot be used, the volume does not serve, or other members are
    /// being changed.</exception>
    public Task AddLegAsync(
        string device, MemberOptions options = default, CancellationToken cancellationToken = default) =>
        Change.AddAsync(device, isWitness: false, options.Force, options.AllowUnfenced, cancellationToken);

    /// <summary>Adds a witness of at least 16 KiB.</summary>
    /// <inheritdoc cref="AddLegAsync"/>
    public Task AddWitnessAsync(
        string device, MemberOptions options = default, CancellationToken cancellationToken = default) =>
        Change.AddAsync(device, isWitness: true, options.Force, options.AllowUnfenced, cancellationToken);

    /// <summary>Removes a leg or witness, and erases its metadata.</summary>
    /// <param name="device">The name of its device.</param>
    /// <param name="cancellationToken">Ends the wait, not the change.</param>
    /// <exception cref="VolumeException">The device is no member that was found, or is the last leg in sync; the volume
    /// does not serve, or other members are being changed.</exception>
    public async Task RemoveAsync(string device, CancellationToken cancellationToken = default) =>
        await Change.RemoveAsync(await Change.MemberOfAsync(device), cancellationToken);

    /// <summary>Removes a leg or witness that need not be reachable.</summary>
    /// <param name="member">Its number (<see cref="LegStatus.Member"/>).</param>
    /// <param name="cancellationToken">Ends the wait, not the change.</param>
    /// <inheritdoc cref="RemoveAsync(string, CancellationToken)"/>
    public Task RemoveAsync(int member, CancellationToken cancellationToken = default) =>
        Change.RemoveAsync(member, cancellationToken);

    /// <summary>Adds a leg, waits until it is in sync, and removes another one: the other one is a source until
    /// then.</summary>
    /// <param name="member">The number of the leg that is replaced (<see cref="LegStatus.Member"/>).</param>
    /// <param name="device">The name of the new device.</param>
    /// <param name="options">What is accepted.</param>
    /// <param name="cancellationToken">Ends the wait. A leg that was added stays.</param>
    /// <inheritdoc cref="AddLegAsync"/>
    public async Task ReplaceLegAsync(
        int member, string device, MemberOptions options = default, CancellationToken cancellationToken = default)
    {
        var added = await Change.AddAsync(
            device, isWitness: false, options.Force, options.AllowUnfenced, cancellationToken);
        await Change.UntilInSyncAsync(added, cancellationToken);
        await Change.RemoveAsync(member, cancellationToken);
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
