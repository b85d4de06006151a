using System.Collections.Immutable;
using System.Globalization;
using DmIo.Actors.Client;
using DmIo.Actors.Protocol;
using DmIo.Io;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Actors;

/// <summary>The legs of a volume that is opened, and how missing ones are found later. Thread-safe.</summary>
internal sealed class VolumeOpening(
    DmIoService service,
    IoClient client,
    DeviceWatch watch,
    string name,
    IEnumerable<LegDevices> named,
    IReadOnlyList<LegStore> stores)
{
    private static readonly Guid BootId = ReadBootId();
    private ImmutableList<LegDevices> members = [.. named];
    private volatile ImmutableList<ForkedMember> forked = [];

    internal DmIoService Service => service;

    internal IoClient Client => client;

    internal string Name => name;

    /// <summary>An operator starts the volume, also if it was stopped.</summary>
    internal bool StartsStopped { get; init; }

    /// <inheritdoc cref="VolumeOptions.AreServersDrained"/>
    internal bool AreServersDrained { get; init; }

    /// <summary>The devices that were found to follow another lineage. Thread-safe.</summary>
    internal ImmutableList<ForkedMember> Forked
    {
        get => forked;
        init => forked = value;
    }

    /// <summary>Devices that may have become legs.</summary>
    internal IReadOnlyList<LegDevices> Spares { get; init; } = [];

    /// <summary>The legs and witnesses that were found at the start.</summary>
    internal IReadOnlyList<LegStore> Stores => stores;

    internal TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Gives up I/O of <see cref="Client"/>.</summary>
    internal DeviceWatch Watch => watch;

    /// <summary>The legs confirm the size of a volume that they have room for, as far as their devices are attached.
    /// Used on the volume's turn.</summary>
    internal void ConfirmRoom(VolumeDevice volume)
    {
        foreach (var member in volume.Writer.State.Chosen.Configuration.Legs)
        {
            if (volume.Has(member)
                && RoomOf(volume.LegOf(member).Store, volume.Writer.State.Chosen.Size) is { } room)
            {
                volume.Writer.Confirm(member, room);
            }
        }
    }

    /// <summary>The device with the leg's data has become smaller than the volume, and another leg may have
    /// everything.</summary>
    internal bool IsTooSmall(LegStore leg) => leg.Superblock is { State: not LegState.None, Accepted: { } record }
        && !(record.InSync - MemberSet.Of(leg.Superblock.Member)).IsEmpty
        && RoomOf(leg, record.Size) < record.Size;

    /// <summary>The device refuses changes since a flush failed.</summary>
    internal async Task<bool> HasStoppedAsync(string device) => (await service.GetDevicesAsync()).Any(
        status => status.Name == device && status.State == DeviceState.Failed);

    /// <summary>What identifies the volatile caches below a leg now; the default for a device that is no local file or
    /// disk: its cache may be lost at any time, so that its continuity never outlives its voter.</summary>
    internal Continuity ContinuityOf(LegDevices leg)
    {
        if (StampOf(leg.Data) is not { } data)
        {
            return default;
        }

        var continuity = new Continuity(IsEnded: false, BootId, data.DiskSequence, data.File);
        return leg.Metadata is null ? continuity
            : StampOf(leg.Metadata) is { } metadata
                ? continuity with { MetadataDiskSequence = metadata.DiskSequence, MetadataFile = metadata.File }
            : default;
    }

    /// <summary>The devices that are, or may be, legs and witnesses. Thread-safe.</summary>
    internal ImmutableList<LegDevices> Members => Volatile.Read(ref members);

    /// <summary>A leg or witness was added to the volume. Thread-safe.</summary>
    internal void Add(LegDevices member) => ImmutableInterlocked.Update(ref members, all => all.Add(member));

    /// <summary>A leg or witness was removed from the volume. Thread-safe.</summary>
    internal void Remove(LegDevices member) => ImmutableInterlocked.Update(ref members, all => all.Remove(member));

    /// <summary>Looks for a leg or witness that has no replica.</summary>
    /// <param name="present">The members that have a replica, or are not drained.</param>
    /// <param name="taken">Their devices.</param>
    /// <param name="used">The members that have had a replica.</param>
    /// <param name="record">The newest record that is known.</param>
    /// <param name="read">The legs that may be read: reopened, a device that stopped at a failed flush has lost
    /// writes.</param>
    /// <returns>One that was found; null: none.</returns>
    internal async Task<LegStore?> FindMissingAsync(
        MemberSet present,
        IReadOnlyCollection<LegDevices> taken,
        MemberSet used,
        VolumeRecord record,
        IReadOnlySet<LegDevices> read)
    {
        // Spares are not read while nothing is missing.
        var isComplete = (record.Configuration.Voters - present).IsEmpty;
        var status = await service.GetDevicesAsync();
        var attached = AttachedDevices.Of(status);
        foreach (var devices in isComplete ? Members : Members.Union(Spares))
        {
            foreach (var failed in status.Where(device =>
                device.State == DeviceState.Failed && devices.All.Contains(device.Name) && !read.Contains(devices)))
            {
                await ReopenAsync(failed.Name);
            }

            if (devices.All.All(attached.ContainsKey)
                && !taken.Contains(devices)
                && !forked.Exists(found => found.Device == devices.Data)
                && await watch.RunAsync(devices, TryOpenAsync(devices, attached)) is { } store
                && store.Superblock.Volume == stores[0].Superblock.Volume)
            {
                if (store.Superblock.Accepted?.Lineage != stores[0].Superblock.Accepted!.Lineage)
                {
                    forked = forked.Add(ForkedMember.Of(store));
                }
                else if (!present[store.Superblock.Member] && store.IsMemberOf(record)
                    && (AreServersDrained || used[store.Superblock.Member]
                        || VolumeRules.FaultOfDrain(devices, attached, store.Superblock) is null))
                {
                    return store;
                }
            }
        }

        return null;
    }

    /// <summary>The size of a volume that a leg has room for; null: its device is not attached. The bytes at the end of
    /// the volume that are no whole block of the device are not accessed.</summary>
    private ByteSize? RoomOf(LegStore leg, ByteSize size)
    {
        if (!service.Directory.TryFind(leg.Device, out var entry))
        {
            return null;
        }

        var (capacity, geometry) = (entry.Description.Capacity, leg.Superblock.Geometry);
        var room = geometry.RoomOn(capacity);
        var whole = geometry.RoomOn(ByteSize.FromBytes(capacity.Bytes + entry.Description.TailBytes));
        return room < size && whole >= size ? size : room;
    }

    private (ulong DiskSequence, FileStamp File)? StampOf(string device)
    {
        if (!service.Directory.TryFind(device, out var entry) || entry.Description.Identity is not { } identity)
        {
            return null;
        }

        var (major, minor) = (identity.Store.Major, identity.Store.Minor);
        return (
            identity.Store.Inode == 0 ? ReadDiskSequence(major, minor) : 0,
            new FileStamp(((ulong)major << 32) | minor, identity.Store.Inode, BirthTime: 0));
    }

    /// <summary>The number that the kernel gave the disk when it appeared (since Linux 5.15); 0: unknown.</summary>
    private static ulong ReadDiskSequence(uint major, uint minor)
    {
        var disk = string.Create(CultureInfo.InvariantCulture, $"/sys/dev/block/{major}:{minor}");
        string[] places = [Path.Combine(disk, "diskseq"), Path.Combine(disk, "..", "diskseq")];
        return places.FirstOrDefault(File.Exists) is { } place
            ? ulong.Parse(File.ReadAllText(place), CultureInfo.InvariantCulture)
            : 0;
    }

    private static Guid ReadBootId()
    {
        const string Source = "/proc/sys/kernel/random/boot_id";
        return File.Exists(Source) && Guid.TryParse(File.ReadAllText(Source), out var boot) ? boot : Guid.Empty;
    }

    /// <summary>Puts a device back into service whose flush failed. What it may have lost is missed by the leg since it
    /// was lost to the volume.</summary>
    internal async Task ReopenAsync(string device)
    {
        using var limit = new CancellationTokenSource(watch.Timeout, Clock);
        try
        {
            await service.ReopenAsync(device, limit.Token);
        }
        catch (Exception fault) when (fault is IoRefusedException or OperationCanceledException)
        {
            // It still rejects writes, or has I/O in flight that does not end; the next look tries again.
        }
    }

    private async Task<LegStore?> TryOpenAsync(LegDevices devices, AttachedDevices attached)
    {
        try
        {
            return await LegStore.OpenAsync(client, devices, attached);
        }
        catch (VolumeException)
        {
            return null;
        }
    }
}
