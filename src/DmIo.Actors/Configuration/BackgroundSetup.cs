using Akka.Actor.Setup;

namespace DmIo.Actors.Configuration;

/// <summary>A setup of the actor system, for simulations: runs <see cref="DmIoSettings.Background"/> of its service in
/// place of the thread pool.</summary>
internal sealed class BackgroundSetup(Action<IThreadPoolWorkItem> run) : Setup
{
    internal Action<IThreadPoolWorkItem> Run => run;
}
