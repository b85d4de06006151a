using DmIo.Actors.Client;
using DmIo.Actors.Protocol;
using DmIo.Volumes.Actors;

namespace DmIo.Volumes.Client;

/// <summary>Replicated volumes of a service: devices that keep the same data on several legs.</summary>
public static class DmIoVolumes
{
    private const int MetadataPages = 64;

    /// <summary>Writes the metadata of a new volume on its legs and witnesses, which must be attached. What the legs
    /// held is lost.</summary>
    /// <exception cref="VolumeException">A leg cannot be used, or holds a volume or a file system and
    /// <see cref="VolumeOptions.Force"/> is not set.</exception>
    public static async Task CreateVolumeAsync(this DmIoService service, VolumeOptions options)
    {
        using var usage = Use(service, options);
        await using var client = await service.OpenAsync(MetadataPages);
        await new VolumeCreation(service, client, options).RunAsync();
    }

    /// <summary>Makes an existing device the first leg of a new volume, without changing or copying it: it needs
    /// external metadata, and its data and size are those of the volume. The other legs get a copy when the volume is
    /// opened.</summary>
    /// <exception cref="VolumeException">The first leg has no external metadata; the metadata has no room; another leg
    /// is too small (the message has the size that it needs); the blocks of a leg would cut off the end of the data;
    /// or, unless <see cref="VolumeOptions.Force"/> is set, the device for the metadata does not read as zeroes, or
    /// another leg holds a volume or a file system.</exception>
    public static async Task ImportVolumeAsync(this DmIoService service, VolumeOptions options)
    {
        using var usage = Use(service, options);
        await using var client = await service.OpenAsync(MetadataPages);
        await new VolumeCreation(service, client, options, isImport: true).RunAsync();
    }

    /// <summary>Takes a volume over and attaches it as a device of its name. Detaching the device closes the
    /// volume.</summary>
    /// <returns>The volume.</returns>
    /// <exception cref="VolumeException">An option is invalid, the volume was stopped, no leg of a volume was found,
    /// the legs belong to several volumes or to one that is open, the devices that were named are too few, or the
    /// volume does not serve within <see cref="VolumeOptions.OpenTimeout"/>.</exception>
    /// <exception cref="IoRefusedException">The name is in use, or the service has stopped.</exception>
    public static async Task<Volume> OpenVolumeAsync(this DmIoService service, VolumeOptions options)
    {
        var usage = Use(service, options);
        TakenOver? volume = null;
        try
        {
            volume = await TakenOver.RunAsync(service, options);
            usage.Add(volume.Opening.Stores.SelectMany(store => store.Devices.All));
            await service.AttachAsync(options.Name, volume.Device);
        }
        catch
        {
            await (volume?.DisposeAsync() ?? ValueTask.CompletedTask);
            usage.Dispose();
            throw;
        }

        var attached = new Volume(service, volume, usage);
        AttachedVolumes.For(service.System).Add(attached, usage);
        if (options.Spares.Count > 0)
        {
            _ = new SpareLegs(service, attached, options).RunAsync();
        }

        return attached;
    }

    /// <summary>Stops a volume that is not open: no opening of it succeeds until it is started. A volume that is
    /// stopped already stays stopped. <see cref="Volume.StopAsync"/> stops an open one.</summary>
    /// <exception cref="VolumeException">As for <see cref="OpenVolumeAsync"/>; or the record could not be
    /// stored.</exception>
    /// <exception cref="IoRefusedException">The name is in use, or the service has stopped.</exception>
    public static async Task StopVolumeAsync(this DmIoService service, VolumeOptions options)
    {
        using var usage = Use(service, options);
        try
        {
            var volume = await TakenOver.RunAsync(service, options);
            await volume.StopAsync();
        }
        catch (VolumeException fault) when (fault.IsStopped)
        {
            // Its record says so already.
        }
    }

    /// <summary>Starts a volume that was stopped. It is closed then, and can be opened.</summary>
    /// <exception cref="VolumeException">As for <see cref="OpenVolumeAsync"/>.</exception>
    /// <exception cref="IoRefusedException">The name is in use, or the service has stopped.</exception>
    public static async Task StartVolumeAsync(this DmIoService service, VolumeOptions options)
    {
        using var usage = Use(service, options);
        await using var volume = await TakenOver.RunAsync(service, options, startsStopped: true);
    }

    /// <summary>Gives a volume that is not open another name. All of its legs and witnesses must be attached. May be
    /// repeated after an interruption.</summary>
    /// <param name="service">The service.</param>
    /// <param name="options">The legs and witnesses; the name is not used.</param>
    /// <param name="name">The new name.</param>
    /// <exception cref="VolumeException">The name is invalid, or a leg or witness is missing.</exception>
    public static async Task RenameVolumeAsync(this DmIoService service, VolumeOptions options, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        using var usage = Use(service, options);
        await using var client = await service.OpenAsync(MetadataPages);
        await new VolumeMetadata(service, client, options).RenameAsync(name);
    }

    /// <summary>Erases the metadata of a volume that is not open, on the devices that are named: they are no legs and
    /// witnesses any more, and the data of the volume cannot be reached. May be repeated after an
    /// interruption.</summary>
    /// <exception cref="VolumeException">The devices are no legs or witnesses, or those of several volumes.</exception>
    public static async Task DestroyVolumeAsync(this DmIoService service, VolumeOptions options)
    {
        using var usage = Use(service, options);
        await using var client = await service.OpenAsync(MetadataPages);
        await new VolumeMetadata(service, client, options).DestroyAsync();
    }

    /// <summary>Makes legs and witnesses a volume of their own, also if they are too few of their volume, or too old.
    /// An operator decides that the other legs, and what only they hold, are given up: their devices are not changed,
    /// and are Forked when they are seen together with these: never used, and never synchronized. May be repeated after
    /// an interruption.</summary>
    /// <remarks>The newest leg of those that are named is the source. Everything is copied from it to the others when
    /// the volume is opened.</remarks>
    /// <exception cref="VolumeException">A device is no leg or witness; the devices belong to several volumes or
    /// lineages; the volume is open; or no leg can be the source
    /// (<see cref="VolumeOptions.AllowInconsistentSource"/>).</exception>
    public static async Task<ForcedVolume> ForceVolumeAsync(this DmIoService service, VolumeOptions options)
    {
        using var usage = Use(service, options);
        await using var client = await service.OpenAsync(MetadataPages);
        return await new VolumeForce(service, client, options).RunAsync();
    }

    /// <summary>The open volumes of the service, by name in ordinal order.</summary>
    public static IReadOnlyList<Volume> GetVolumes(this DmIoService service)
    {
        ArgumentNullException.ThrowIfNull(service);
        return AttachedVolumes.For(service.System).All;
    }

    private static AttachedVolumes.Usage Use(DmIoService service, VolumeOptions options)
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(options);
        return VolumeRules.FaultOf(options) is { } fault
            ? throw new VolumeException(fault)
            : AttachedVolumes.For(service.System).Use(options);
    }
}
