using System.Collections.Immutable;
using Akka.Actor;
using DmIo.Actors.Client;

namespace DmIo.Volumes.Client;

/// <summary>The open volumes of a service. They are closed before the service stops, if they are open then.
/// Thread-safe.</summary>
internal sealed class AttachedVolumes : IExtension
{
    private ImmutableSortedDictionary<string, Volume> volumes =
        ImmutableSortedDictionary.Create<string, Volume>(StringComparer.Ordinal);

    private readonly Lock gate = new();
    private readonly Dictionary<string, string> users = new(StringComparer.Ordinal);

    private AttachedVolumes(ActorSystem system) => DmIoService.For(system).CloseFirst(CloseAsync);

    /// <summary>By name in ordinal order.</summary>
    internal IReadOnlyList<Volume> All => [.. Volatile.Read(ref volumes).Values];

    internal static AttachedVolumes For(ActorSystem system) => system.WithExtension<AttachedVolumes, Provider>();

    /// <summary>Uses the devices of a volume: no other volume can use them meanwhile.</summary>
    /// <returns>Dispose of it when the devices are not used any more.</returns>
    /// <exception cref="VolumeException">A device is used already.</exception>
    internal Usage Use(VolumeOptions options)
    {
        var usage = new Usage(this, options.Name);
        usage.Add(options.Members.SelectMany(member => member.All));
        return usage;
    }

    /// <summary>Adds a volume, until it is closed.</summary>
    internal void Add(Volume volume, IDisposable usage)
    {
        ImmutableInterlocked.Update(ref volumes, all => all.SetItem(volume.Name, volume));
        _ = volume.Closed.ContinueWith(_ => Remove(volume, usage), TaskScheduler.Default);
    }

    /// <summary>A volume is closed. May be called twice.</summary>
    internal void Remove(Volume volume, IDisposable usage)
    {
        usage.Dispose();
        ImmutableInterlocked.Update(
            ref volumes, all => all.GetValueOrDefault(volume.Name) == volume ? all.Remove(volume.Name) : all);
    }

    private Task CloseAsync() => Task.WhenAll(All.Select(volume => volume.DisposeAsync().AsTask()));

    /// <summary>The devices that a volume uses. Thread-safe.</summary>
    internal sealed class Usage(AttachedVolumes owner, string volume) : IDisposable
    {
        private readonly HashSet<string> own = new(StringComparer.Ordinal);

        /// <summary>Uses further devices, all or none. Those that the volume uses already stay.</summary>
        /// <exception cref="VolumeException">Another volume uses a device.</exception>
        internal void Add(IEnumerable<string> devices)
        {
            lock (owner.gate)
            {
                if (devices.FirstOrDefault(device => owner.users.ContainsKey(device) && !own.Contains(device))
                    is { } taken)
                {
                    throw new VolumeException(
                        $"'{taken}' belongs to the volume '{owner.users[taken]}', which is open or being changed. "
                        + "Close it first.");
                }

                foreach (var device in devices)
                {
                    own.Add(device);
                    owner.users[device] = volume;
                }
            }
        }

        /// <summary>Devices are not used any more.</summary>
        internal void Remove(IEnumerable<string> devices)
        {
            lock (owner.gate)
            {
                foreach (var device in devices)
                {
                    if (own.Remove(device))
                    {
                        owner.users.Remove(device);
                    }
                }
            }
        }

        public void Dispose()
        {
            lock (owner.gate)
            {
                Remove([.. own]);
            }
        }
    }

    private sealed class Provider : ExtensionIdProvider<AttachedVolumes>
    {
        public override AttachedVolumes CreateExtension(ExtendedActorSystem system) => new(system);
    }
}
