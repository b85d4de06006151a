using DmIo.Actors.Client;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Actors;

/// <summary>Changes of the metadata of a volume that is not open, without a take-over. Each reads all devices before it
/// writes the first one, and may be repeated after an interruption.</summary>
internal sealed class VolumeMetadata(DmIoService service, IoClient client, VolumeOptions options)
{
    /// <summary>Writes another name into the superblock of every leg and witness.</summary>
    /// <exception cref="VolumeException">The name is invalid, or a leg or witness was not found.</exception>
    internal async Task RenameAsync(string name)
    {
        if (VolumeRules.FaultOfName(name) is { } fault)
        {
            throw new VolumeException(fault);
        }

        var stores = (await ReadAsync()).Select(found => LegStore.Of(client, found.Devices, found.Reading)
            ?? throw new VolumeException(LegStore.FaultOf(found.Devices, found.Reading))).ToList();
        VolumeMembers.RequireOneVolume(stores.Select(store => (store.Device, store.Superblock)));
        var records = stores.Where(store => store.Superblock.Accepted is not null)
            .Select(store => (store.Device, store.Superblock.Accepted!)).ToList();
        var known = records.Count > 0
            ? VolumeLineages.NewestOf(stores[0].Superblock.Name, records)
            : throw new VolumeException("No device has a record of a volume.");
        using var hostLock = HostLock.Take(stores[0].Superblock.Volume, stores[0].Superblock.Name);
        var missing = known.Configuration.Slots
            .Where(slot => stores.All(store => store.Superblock.Leg != slot.Id)).ToList();
        if (missing.Count > 0)
        {
            throw new VolumeException(
                $"The volume '{stores[0].Superblock.Name}' is renamed only with all of its legs and witnesses. "
                + "Missing: "
                + string.Join(", ", missing.Select(slot => $"{(slot.IsWitness ? "witness" : "leg")} {slot.Member}"))
                + ".");
        }

        foreach (var store in stores)
        {
            if (!await store.WriteSuperblockAsync(store.Superblock with { Name = name }))
            {
                throw new VolumeException($"The superblock of '{store.Device}' cannot be written.")
                {
                    IsPartial = true,
                };
            }
        }
    }

    /// <summary>Erases the superblocks of the devices.</summary>
    /// <exception cref="VolumeException">The devices are no volume, or several.</exception>
    internal async Task DestroyAsync()
    {
        var members = new List<(string Device, Superblock Superblock)>();
        foreach (var (devices, reading) in await ReadAsync())
        {
            // One valid copy is enough to know what is erased. A device without one was erased before.
            if ((reading.Superblock ?? reading.Copies.FirstOrDefault(copy => copy.Superblock is not null)?.Superblock)
                is { } superblock)
            {
                members.Add((devices.MetadataDevice, superblock));
            }
            else if (!reading.IsBlank)
            {
                throw new VolumeException(
                    LegStore.FaultOf(devices, reading) + " Nothing was erased; a new volume replaces it with Force.");
            }
        }

        if (members.Count == 0)
        {
            throw new VolumeException("No device is a leg or witness of a volume.");
        }

        VolumeMembers.RequireOneVolume(members);
        using var hostLock = HostLock.Take(members[0].Superblock.Volume, members[0].Superblock.Name);
        foreach (var (device, superblock) in members)
        {
            await LegStore.EraseAsync(client, device, superblock.Geometry);
        }
    }

    private async Task<IReadOnlyList<(LegDevices Devices, SuperblockReading Reading)>> ReadAsync()
    {
        var attached = await AttachedDevices.OfAsync(service);
        var found = new List<(LegDevices, SuperblockReading)>();
        foreach (var devices in options.Members)
        {
            attached.Require(devices, allowUnfenced: true);
            found.Add((devices, await LegStore.ReadSuperblockAsync(client, devices, attached)));
        }

        return found;
    }
}
