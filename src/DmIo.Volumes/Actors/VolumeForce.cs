using DmIo.Actors.Client;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Actors;

/// <summary>
/// Makes legs and witnesses that are too few, or too old, a volume of their own: a child lineage, whose only leg in
/// sync is the newest of them. Reads all devices before it writes the first one. The order of the writes makes it safe
/// to stop after each of them; repeated, it ends what was interrupted.
/// <list type="number">
/// <item>The missed maps of the source say that every other leg misses everything: the legs may differ in places that
/// no map knows. In the old lineage this costs a longer copy at most.</item>
/// <item>The superblock of the source, with the first record of the new lineage.</item>
/// <item>The superblocks of the others. Until then they are legs of the old lineage, so Forked and without a
/// vote.</item>
/// </list>
/// </summary>
internal sealed class VolumeForce(DmIoService service, IoClient client, VolumeOptions options)
{
    // External metadata belongs to the data that it was named with.
    private readonly Dictionary<LegStore, ulong> dataInodes = [];

    internal async Task<ForcedVolume> RunAsync()
    {
        var stores = await ReadAsync();
        using var hostLock = HostLock.Take(stores[0].Superblock.Volume, stores[0].Superblock.Name);
        var name = stores[0].Superblock.Name;
        var newest = VolumeLineages.NewestOf(name, stores.Select(store => (store.Device, store.Superblock.Accepted!)));
        var slots = SlotsOf(stores);
        if (IsForced(newest, stores, slots))
        {
            var forced = stores.Find(store => newest.InSync[store.Superblock.Member])
                ?? throw new VolumeException($"The leg in sync of the volume '{name}' was not named.");
            await WriteOthersAsync(stores, forced, newest);
            return new ForcedVolume(forced.Device, newest);
        }

        RequireOneLineage(name, stores, newest);
        var source = SourceOf(name, stores);
        var record = RecordOf(stores, slots, source);
        await WriteMissedAsync(source, record);
        await WriteAsync(source, record, LegState.InSync);
        await WriteOthersAsync(stores, source, record);
        return new ForcedVolume(source.Device, record);
    }

    private async Task<List<LegStore>> ReadAsync()
    {
        var attached = await AttachedDevices.OfAsync(service);
        var stores = new List<LegStore>();
        foreach (var devices in options.Members)
        {
            attached.Require(devices, options.AllowUnfenced);
            var store = await LegStore.OpenAsync(client, devices, attached, acceptsOtherData: true);
            var isWitness = store.Superblock.State == LegState.None;
            if (isWitness == options.Legs.Contains(devices) || store.Superblock.Accepted is null)
            {
                throw new VolumeException(store.Superblock.Accepted is null
                    ? $"'{devices}' has no record of a volume."
                    : $"'{devices}' is a {(isWitness ? "witness" : "leg")}; name it as one.");
            }

            stores.Add(store);
            dataInodes[store] = devices.Metadata is null ? 0 : VolumeRules.InodeOf(attached[devices.Data]);
        }

        VolumeMembers.RequireOneVolume(stores.Select(store => (store.Device, store.Superblock)));
        VolumeMembers.RequireThisHost(stores[0].Superblock.Name, stores.Select(store => store.Superblock));
        var twice = stores.GroupBy(store => store.Superblock.Member).FirstOrDefault(member => member.Count() > 1);
        return twice is null
            ? stores
            : throw new VolumeException(
                $"{string.Join(" and ", twice.Select(store => $"'{store.Device}'"))} are both member {twice.Key} of "
                + "the volume: one is a copy of the other. Name one of them.");
    }

    private static List<VoterSlot> SlotsOf(List<LegStore> stores) =>
    [
        .. stores.Select(store => store.Superblock).OrderBy(superblock => superblock.Member).Select(
            superblock => new VoterSlot(
                superblock.Leg, superblock.Member, superblock.State == LegState.None, IsOld: true, IsNew: true)),
    ];

    /// <summary>The devices were forced already, and the command was interrupted, or the volume was not opened
    /// since.</summary>
    private bool IsForced(VolumeRecord newest, List<LegStore> stores, List<VoterSlot> slots)
    {
        var isOpened = stores.Exists(store => store.Superblock.Promised > newest.Version.Epoch);
        var isInterrupted = stores.Exists(store => store.Superblock.Accepted!.Lineage != newest.Lineage);
        return newest.ParentLineage != Guid.Empty && newest.Configuration.Slots.SequenceEqual(slots)
            && stores.TrueForAll(store => store.Superblock.Accepted!.Lineage != newest.Lineage
                || store.Superblock.DataInode == dataInodes[store])
            && (isInterrupted || (newest is { Version.Number: 1, IsClean: false } && !isOpened));
    }

    private static void RequireOneLineage(string name, List<LegStore> stores, VolumeRecord newest)
    {
        var forked = stores.Where(store => store.Superblock.Accepted!.Lineage != newest.Lineage)
            .Select(store => $"'{store.Device}'").ToList();
        if (forked.Count > 0)
        {
            throw new VolumeException(
                $"The volume '{name}' was forced before: {string.Join(", ", forked)} are of the lineage "
                + $"{newest.ParentLineage}, the others of {newest.Lineage}. Name the devices of one lineage.");
        }
    }

    /// <summary>The leg with the newest data: that of the newest record with the leg in sync.</summary>
    private LegStore SourceOf(string name, List<LegStore> stores)
    {
        var source = stores.Where(store => store.Superblock.State != LegState.None)
            .OrderByDescending(store => store.Superblock.State is LegState.InSync or LegState.Outdated)
            .ThenByDescending(store => store.Superblock.State == LegState.Inconsistent)
            .ThenByDescending(store => store.Superblock.State == LegState.InSync
                ? store.Superblock.Accepted!.Version
                : store.Superblock.LastInSync)
            .ThenByDescending(store => store.Superblock.State == LegState.InSync)
            .ThenBy(store => store.Superblock.Member)
            .First();
        var state = source.Superblock.State;
        return state is LegState.InSync or LegState.Outdated || options.AllowInconsistentSource
            ? source
            : throw new VolumeException(
                $"No leg of the volume '{name}' that was named holds consistent data: '{source.Device}' is {state}"
                + (state == LegState.Inconsistent ? ", which is data of several moments" : "")
                + ". Allow an inconsistent source to use it anyway.");
    }

    private static VolumeRecord RecordOf(List<LegStore> stores, List<VoterSlot> slots, LegStore source)
    {
        var epochs = stores.SelectMany(store =>
            new[] { store.Superblock.Promised, store.Superblock.Accepted!.Version.Epoch });
        var known = source.Superblock.Accepted!;
        return known with
        {
            Version = new RecordVersion(new Epoch(epochs.Max().Round + 1, Guid.NewGuid()), 1),
            Configuration = new VolumeConfiguration(QuorumRule.InSync, [.. slots]),
            InSync = MemberSet.Of(source.Superblock.Member),
            IsClean = false,
            IsStopped = false,
            Session = stores.Max(store => store.Superblock.Accepted!.Session),
            Lineage = Guid.NewGuid(),
            ParentLineage = known.Lineage,
        };
    }

    private static async Task WriteMissedAsync(LegStore source, VolumeRecord record)
    {
        // What is written differs from what the pages hold.
        await source.ReadMapsAsync();
        var all = new RegionSet();
        all.SetRange(RegionRange.Touching(0, (ulong)record.Size.Bytes, RegionRange.RegionShift));
        foreach (var member in record.Configuration.Legs - record.InSync)
        {
            await source.WriteMissedAsync((byte)member, all);
        }
    }

    private async Task WriteOthersAsync(List<LegStore> stores, LegStore source, VolumeRecord record)
    {
        foreach (var store in stores.Where(store =>
            store != source && store.Superblock.Accepted!.Lineage != record.Lineage))
        {
            var state = store.Superblock.State;
            await WriteAsync(store, record, state == LegState.InSync ? LegState.Outdated : state);
        }
    }

    private async Task WriteAsync(LegStore store, VolumeRecord record, LegState state)
    {
        var isWritten = await store.WriteSuperblockAsync(store.Superblock with
        {
            Promised = record.Version.Epoch,
            Accepted = record,
            State = state,
            LastInSync = record.InSync[store.Superblock.Member] ? record.Version : store.Superblock.LastInSync,
            DataInode = dataInodes[store],
        });
        if (!isWritten)
        {
            throw new VolumeException($"The superblock of '{store.Device}' cannot be written.") { IsPartial = true };
        }
    }
}
