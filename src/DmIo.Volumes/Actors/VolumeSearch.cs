using DmIo.Actors.Client;
using DmIo.Actors.Protocol;
using DmIo.Io;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Actors;

/// <summary>The search for the legs and witnesses of a volume that is opened.</summary>
internal static class VolumeSearch
{
    /// <summary>Reads the superblocks of the named devices. Writes nothing.</summary>
    /// <exception cref="VolumeException">None was found, they belong to several volumes or to lineages that do not come
    /// from each other, or the named devices can never be enough to open the volume.</exception>
    /// <exception cref="IoRefusedException">The name is in use, or the service has stopped.</exception>
    internal static async Task<FoundMembers> RunAsync(
        DmIoService service, IoClient client, DeviceWatch watch, VolumeOptions options)
    {
        var attached = await AttachedDevices.OfAsync(service);
        RequireFreeName(options, attached.Keys);
        var (stores, faults, coming) = (new List<LegStore>(), new List<string>(), 0);
        foreach (var devices in options.Members.Concat(options.Spares))
        {
            // A spare may have become a leg; otherwise it is not used yet.
            var isSpare = options.Spares.Contains(devices);
            if (devices.All.FirstOrDefault(device => !attached.ContainsKey(device)) is { } missing)
            {
                faults.Add($"No device named '{missing}' is attached.");
                coming++;
                continue;
            }

            if (await TryReadAsync(client, watch, devices, attached, faults) is not { } reading)
            {
                coming++;
                continue;
            }

            if (isSpare && !stores.Exists(store => store.Superblock.Volume == reading.Superblock?.Volume))
            {
                continue;
            }

            attached.Require(devices, options.AllowUnfenced);
            var store = LegStore.Of(client, devices, reading);
            if (store is not { Superblock.Accepted: not null })
            {
                faults.Add(LegStore.FaultOf(devices, reading));
                coming += reading.Copies.Any(copy => copy.State == CopyState.Unreadable) ? 1 : 0;
            }
            else if (!options.AreServersDrained
                && VolumeRules.FaultOfDrain(devices, attached, store.Superblock) is { } undrained)
            {
                faults.Add(undrained);
            }
            else
            {
                stores.Add(store);
            }
        }

        RequireVolume(options.Name, stores, faults);
        var known = VolumeLineages.NewestOf(
            options.Name, stores.Select(store => (store.Device, store.Superblock.Accepted!)));
        var forked = stores.FindAll(store => store.Superblock.Accepted!.Lineage != known.Lineage);
        stores.RemoveAll(forked.Contains);
        RemoveStrangers(stores, known, faults);
        var found = new Dictionary<int, string>();
        stores.ForEach(store => found[store.Superblock.Member] = store.Device);
        return OpeningQuorum.FaultOf(options.Name, known, found, coming) is { } tooFew
            ? throw new VolumeException(string.Join(' ', faults.Prepend(tooFew)))
            : new FoundMembers(stores, known, [.. forked.Select(ForkedMember.Of)], faults);
    }

    /// <summary>The largest block size of the legs that were found.</summary>
    internal static ByteSize BlockSizeOf(DmIoService service, IReadOnlyList<LegStore> stores) => stores.Max(store =>
        service.Directory.TryFind(store.Device, out var entry) ? entry.Description.BlockSize : default);

    /// <summary>Reads a superblock; null: the device does not answer, which is a fault.</summary>
    private static async Task<SuperblockReading?> TryReadAsync(
        IoClient client, DeviceWatch watch, LegDevices devices, AttachedDevices attached, List<string> faults)
    {
        try
        {
            return await watch.RunAsync(devices, LegStore.ReadSuperblockAsync(client, devices, attached));
        }
        catch (VolumeException fault)
        {
            faults.Add(fault.Message);
            return null;
        }
    }

    private static void RequireVolume(string name, List<LegStore> stores, List<string> faults)
    {
        if (stores.Count == 0)
        {
            throw new VolumeException($"No leg of the volume '{name}' was found. {string.Join(' ', faults)}");
        }

        VolumeMembers.RequireThisHost(name, stores.Select(store => store.Superblock));
        VolumeMembers.RequireOneVolume(stores.Select(store => (store.Device, store.Superblock)));
    }

    private static void RemoveStrangers(List<LegStore> stores, VolumeRecord known, List<string> faults)
    {
        foreach (var stranger in stores.FindAll(store => !store.IsMemberOf(known)))
        {
            stores.Remove(stranger);
            faults.Add($"'{stranger.Device}' was removed from the volume.");
        }
    }

    private static void RequireFreeName(VolumeOptions options, IEnumerable<string> attached)
    {
        if (options.Members.Any(member => member.All.Contains(options.Name)))
        {
            throw new VolumeException(
                $"The volume '{options.Name}' names itself as a leg or witness; give it a name of its own.");
        }

        if (attached.Contains(options.Name, StringComparer.Ordinal))
        {
            throw new IoRefusedException($"A device named '{options.Name}' is attached already.");
        }
    }
}

/// <summary>What was found of a volume.</summary>
/// <param name="Stores">The legs and witnesses.</param>
/// <param name="Known">The newest record that they hold.</param>
/// <param name="Forked">The devices of an older lineage.</param>
/// <param name="Faults">Why other devices are not used, in sentences.</param>
internal sealed record FoundMembers(
    IReadOnlyList<LegStore> Stores,
    VolumeRecord Known,
    IReadOnlyList<ForkedMember> Forked,
    IReadOnlyList<string> Faults);
