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
    internal IDisposable Use(VolumeOptions options)
    {
        string[] devices = [.. options.Legs, .. options.Witnesses];
        lock (gate)
        {
            if (Array.Find(devices, users.ContainsKey) is { } taken)
            {
                throw new VolumeException(
                    $"'{taken}' belongs to the volume '{users[taken]}', which is open or being changed. Close it "
                    + "first.");
            }

            Array.ForEach(devices, device => users[device] = options.Name);
        }

        return new Usage(this, devices);
    }

    /// <summary>Adds a volume, until it is closed.</summary>
    internal void Add(Volume volume, IDisposable usage)
    {
        ImmutableInterlocked.Update(ref volumes, all => all.SetItem(volume.Name, volume));
        _ = volume.Closed.ContinueWith(_ => Remove(volume, usage), TaskScheduler.Default);
    }

    private void Remove(Volume volume, IDisposable usage)
    {
        usage.Dispose();
        ImmutableInterlocked.Update(
            ref volumes, all => all.GetValueOrDefault(volume.Name) == volume ? all.Remove(volume.Name) : all);
    }

    private Task CloseAsync() => Task.WhenAll(All.Select(volume => volume.DisposeAsync().AsTask()));

    private sealed class Usage(AttachedVolumes owner, string[] devices) : IDisposable
    {
        public void Dispose()
        {
            lock (owner.gate)
            {
                Array.ForEach(devices, device => owner.users.Remove(device));
            }
        }
    }

    private sealed class Provider : ExtensionIdProvider<AttachedVolumes>
    {
        public override AttachedVolumes CreateExtension(ExtendedActorSystem system) => new(system);
    }
}
