using DmIo.Actors.Client;
using DmIo.Actors.Protocol;
using DmIo.Io;
using DmIo.Volumes.Actors;

namespace DmIo.Volumes.Client;

/// <summary>An open volume, which is attached to the service as a device. Thread-safe.</summary>
public sealed class Volume : IAsyncDisposable
{
    private static readonly TimeSpan DefaultFreezeLimit = TimeSpan.FromSeconds(60);

    private readonly DmIoService service;
    private readonly TakenOver volume;
    private readonly AttachedVolumes.Usage usage;
    private readonly Lazy<Task> closing;

    internal Volume(DmIoService service, TakenOver volume, AttachedVolumes.Usage usage)
    {
        (this.service, this.volume, this.usage) = (service, volume, usage);
        closing = new Lazy<Task>(CloseAsync);
    }

    /// <summary>The name of the device.</summary>
    public string Name => volume.Opening.Name;

    /// <summary>The Guid of the volume, which it keeps when it is renamed.</summary>
    public Guid Id => volume.Opening.Stores[0].Superblock.Volume;

    private VoterChange Change => new(volume.Device, volume.Opening);

    /// <summary>The volume is closed, or its actor system has terminated.</summary>
    internal Task Closed => volume.Device.Closed;

    /// <summary>The state of the volume and of its legs.</summary>
    public Task<VolumeStatus> GetStatusAsync() =>
        volume.Device.AskAsync(device => VolumeReport.Of(device, volume.Opening));

    /// <summary>Compares the legs that are in sync (scrub), in regions of 64 KiB, by a hash that is computed beside the
    /// leg. Yields to users as the copies between legs do, and counts for
    /// <see cref="VolumeOptions.MaxResync"/>.</summary>
    /// <remarks>A leg that differs from most legs leaves the in-sync set, and returns when the regions that differ were
    /// copied to it. Without a majority, as with two legs, differences are only reported.</remarks>
    /// <param name="start">Where to begin; rounded down to 64 KiB.</param>
    /// <param name="progress">Told several times a second how far the comparison has come.</param>
    /// <param name="cancellation">Ends the comparison early: the result says what was found and where a later
    /// comparison continues (<see cref="VerifyResult.Next"/>).</param>
    /// <returns>What was found.</returns>
    /// <exception cref="VolumeException">A comparison runs already, another writer has taken the volume over, or the
    /// volume was closed.</exception>
    public Task<VerifyResult> VerifyAsync(
        ByteSize start = default,
        IProgress<VerifyProgress>? progress = null,
        CancellationToken cancellation = default) =>
        new VolumeVerification(volume.Device, Name, start).RunAsync(progress, cancellation);

    /// <summary>Freezes the volume for snapshots of its legs: holds new operations, waits for those in flight, flushes
    /// all legs, calls the callback, and thaws the volume. Operations that arrive meanwhile wait for the
    /// thaw.</summary>
    /// <param name="callback">Called once, with the names of the devices of the legs in sync, which hold the same data
    /// meanwhile. Its cancellation is requested when the freeze ends early.</param>
    /// <param name="limit">How long the freeze may last, from the call on; null: 60 seconds.</param>
    /// <param name="cancellation">Thaws the volume.</param>
    /// <exception cref="VolumeException">The volume is frozen already, the limit passed, or the volume was closed. Or
    /// no quorum of the voters has confirmed after the callback that this writer still has the volume: then snapshots
    /// may be of different moments. Without an exception, they are valid.</exception>
    public async Task FreezeAsync(
        Func<IReadOnlyList<string>, CancellationToken, Task> callback,
        TimeSpan? limit = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var longest = limit ?? DefaultFreezeLimit;
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(longest, TimeSpan.Zero, nameof(limit));
        using var freeze = new VolumeFreeze(volume.Device, Name, longest);
        await freeze.RunAsync(callback, cancellation);
    }

    /// <summary>Grows the volume while it serves. The new area reads as zeroes: it is zeroed on the legs first, which
    /// takes as long as writing it where a device cannot zero faster.</summary>
    /// <remarks>Every leg must have room: enlarge its file or disk, and attach its device again. A leg that is absent
    /// counts as it was when it was attached last; one that was not attached since the volume was opened prevents a
    /// growth. The device of the volume has the new size when the call returns; an NBD client learns it when it
    /// connects again.</remarks>
    /// <param name="size">The new size, a multiple of 512 bytes; the present size changes nothing. Null: what fits on
    /// the smallest leg.</param>
    /// <param name="progress">Told several times a second how much of the new area is zeroed.</param>
    /// <param name="cancellationToken">Gives the growth up. One whose record is proposed may still take
    /// effect.</param>
    /// <returns>The size of the volume.</returns>
    /// <exception cref="VolumeException">A leg has no room for the size, or cannot be zeroed; the volume does not
    /// serve, is frozen, closed or taken over, or its members are being changed; or the size is smaller than the
    /// present one. The message names the leg, its limit and the fix.</exception>
    public Task<ByteSize> GrowAsync(
        ByteSize? size = null, IProgress<ByteSize>? progress = null, CancellationToken cancellationToken = default) =>
        new VolumeGrowth(volume.Device, volume.Opening).RunAsync(size, progress, cancellationToken);

    /// <summary>Adds a leg to the volume. It is synchronized afterwards, while the volume serves.</summary>
    /// <param name="leg">The names of its attached devices. What they hold is lost.</param>
    /// <param name="options">What is accepted.</param>
    /// <param name="cancellationToken">Ends the wait, not the change.</param>
    /// <exception cref="VolumeException">The device cannot be used, the volume does not serve, or other members are
    /// being changed.</exception>
    public Task AddLegAsync(
        LegDevices leg, MemberOptions options = default, CancellationToken cancellationToken = default) =>
        AddAsync(leg, isWitness: false, options, cancellationToken);

    /// <summary>Adds a witness.</summary>
    /// <param name="device">The name of its attached device, of at least 16 KiB. What it holds is lost.</param>
    /// <param name="options">What is accepted.</param>
    /// <param name="cancellationToken">Ends the wait, not the change.</param>
    /// <inheritdoc cref="AddLegAsync"/>
    public Task AddWitnessAsync(
        string device, MemberOptions options = default, CancellationToken cancellationToken = default) =>
        AddAsync(new LegDevices(device), isWitness: true, options, cancellationToken);

    /// <summary>Removes a leg or witness, and erases its metadata.</summary>
    /// <param name="device">The name of its device; of a leg with external metadata: that of the data.</param>
    /// <param name="cancellationToken">Ends the wait, not the change.</param>
    /// <exception cref="VolumeException">The device is no member that was found, or is the last leg in sync; the volume
    /// does not serve, or other members are being changed.</exception>
    public async Task RemoveAsync(string device, CancellationToken cancellationToken = default) =>
        await RemoveAsync(await Change.MemberOfAsync(device), cancellationToken);

    /// <summary>Removes a leg or witness that need not be reachable.</summary>
    /// <param name="member">Its number (<see cref="LegStatus.Member"/>).</param>
    /// <param name="cancellationToken">Ends the wait, not the change.</param>
    /// <inheritdoc cref="RemoveAsync(string, CancellationToken)"/>
    public async Task RemoveAsync(int member, CancellationToken cancellationToken = default)
    {
        if (await Change.RemoveAsync(member, cancellationToken) is { } devices)
        {
            usage.Remove(devices.All);
        }
    }

    /// <summary>Adds a leg, waits until it is in sync, and removes another one: the other one is a source until
    /// then.</summary>
    /// <param name="member">The number of the leg that is replaced (<see cref="LegStatus.Member"/>).</param>
    /// <param name="leg">The names of the attached devices of the new leg. What they hold is lost.</param>
    /// <param name="options">What is accepted.</param>
    /// <param name="cancellationToken">Ends the wait. A leg that was added stays.</param>
    /// <inheritdoc cref="AddLegAsync"/>
    public async Task ReplaceLegAsync(
        int member, LegDevices leg, MemberOptions options = default, CancellationToken cancellationToken = default)
    {
        var added = await AddAsync(leg, isWitness: false, options, cancellationToken);
        await Change.UntilInSyncAsync(added, cancellationToken);
        await RemoveAsync(member, cancellationToken);
    }

    /// <summary>Waits until every leg that was found is in sync.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="VolumeException">The volume was closed.</exception>
    public Task UntilInSyncAsync(CancellationToken cancellationToken = default) =>
        Change.UntilInSyncAsync(cancellationToken);

    /// <summary>A device is, or may be, a leg or witness.</summary>
    internal bool Uses(string device) => volume.Opening.Members.Any(member => member.All.Contains(device));

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

    /// <summary>Adds a leg or witness. The devices are in use from before the change until they are known to be no
    /// member.</summary>
    /// <returns>Its number.</returns>
    internal async Task<int> AddAsync(
        LegDevices devices, bool isWitness, MemberOptions options, CancellationToken cancellationToken = default)
    {
        usage.Add(devices.All);
        try
        {
            return await Change.AddAsync(devices, isWitness, options, cancellationToken);
        }
        catch
        {
            usage.Remove(devices.All.Where(device => !Uses(device)));
            throw;
        }
    }

    private async Task CloseAsync()
    {
        if (!Closed.IsCompleted)
        {
            await DetachAsync();
        }

        await Closed;

        // The caller may use the devices, and list the volumes, at once.
        AttachedVolumes.For(service.System).Remove(this, usage);
    }

    private async Task DetachAsync()
    {
        // Operations that a freeze or a suspension holds must end before the device is detached.
        volume.Device.Post(static device =>
        {
            device.Freeze?.Close();
            device.Writer.Suspension.HoldsFor = TimeSpan.Zero;
            device.Writer.Tick(device.Now);
        });
        try
        {
            await service.DetachAsync(Name);
        }
        catch (IoRefusedException)
        {
            // The device is being detached already, or the service stops.
        }
    }
}
