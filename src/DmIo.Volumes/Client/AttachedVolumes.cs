using System.Collections.Immutable;
using Akka.Actor;
using DmIo.Actors.Client;

namespace DmIo.Volumes.Client;

/// <summary>The open volumes of a service. They are closed before the service stops, also if nobody disposes of them.
/// Thread-safe.</summary>
internal sealed class AttachedVolumes : IExtension
{
    private ImmutableSortedDictionary<string, Volume> volumes =
        ImmutableSortedDictionary.Create<string, Volume>(StringComparer.Ordinal);

    private AttachedVolumes(ActorSystem system) => DmIoService.For(system).CloseFirst(CloseAsync);

    /// <summary>By name in ordinal order.</summary>
    internal IReadOnlyList<Volume> All => [.. Volatile.Read(ref volumes).Values];

    internal static AttachedVolumes For(ActorSystem system) => system.WithExtension<AttachedVolumes, Provider>();

    /// <summary>Adds a volume, until it is closed.</summary>
    internal void Add(Volume volume)
    {
        ImmutableInterlocked.Update(ref volumes, all => all.SetItem(volume.Name, volume));
        _ = volume.Closed.ContinueWith(_ => Remove(volume), TaskScheduler.Default);
    }

    private void Remove(Volume volume) => ImmutableInterlocked.Update(
        ref volumes, all => all.GetValueOrDefault(volume.Name) == volume ? all.Remove(volume.Name) : all);

    private Task CloseAsync() => Task.WhenAll(All.Select(volume => volume.DisposeAsync().AsTask()));

    private sealed class Provider : ExtensionIdProvider<AttachedVolumes>
    {
        public override AttachedVolumes CreateExtension(ExtendedActorSystem system) => new(system);
    }
}
