using Akka.Actor;
using DmIo.Actors.Client;
using DmIo.Io;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Actors;

/// <summary>The legs of a volume that is opened, and how missing ones are found later. Immutable.</summary>
internal sealed class VolumeOpening(
    DmIoService service, IoClient client, string name, IReadOnlyList<string> devices, IReadOnlyList<LegStore> stores)
{
    internal string Name => name;

    /// <summary>The legs and witnesses that were found at the start.</summary>
    internal IReadOnlyList<LegStore> Stores => stores;

    internal TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>A leg whose oldest I/O is older is lost.</summary>
    internal TimeSpan LegTimeout { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>The device of a member; null: unknown.</summary>
    internal string? DeviceOf(int member) => stores.FirstOrDefault(store => store.Superblock.Member == member)?.Device;

    /// <summary>What identifies the volatile caches below a leg now.</summary>
    internal static Continuity Current { get; } = new(IsEnded: false, BootId, 0, default);

    /// <summary>Looks for a leg or witness that has no replica.</summary>
    /// <param name="replicas">The replicas, by member.</param>
    /// <returns>One that was found; null: none.</returns>
    internal async Task<LegStore?> FindMissingAsync(IActorRef?[] replicas)
    {
        var attached = (await service.GetDevicesAsync()).ToDictionary(
            device => device.Name, device => device.Description.Capacity, StringComparer.Ordinal);
        foreach (var device in devices)
        {
            var known = stores.FirstOrDefault(store => store.Device == device);
            if (!attached.TryGetValue(device, out var capacity)
                || (known is not null && replicas[known.Superblock.Member] is not null))
            {
                continue;
            }

            if (await TryOpenAsync(device, capacity) is { } store
                && store.Superblock.Volume == stores[0].Superblock.Volume
                && replicas[store.Superblock.Member] is null)
            {
                return store;
            }
        }

        return null;
    }

    private static Guid BootId { get; } = ReadBootId();

    private static Guid ReadBootId()
    {
        const string Path = "/proc/sys/kernel/random/boot_id";
        return File.Exists(Path) && Guid.TryParse(File.ReadAllText(Path), out var boot) ? boot : Guid.Empty;
    }

    private async Task<LegStore?> TryOpenAsync(string device, ByteSize capacity)
    {
        try
        {
            return await LegStore.OpenAsync(client, device, capacity);
        }
        catch (VolumeException)
        {
            return null;
        }
    }
}
