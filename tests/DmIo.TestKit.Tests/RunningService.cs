using Akka.Actor;
using Akka.Configuration;
using DmIo.Actors.Client;

namespace DmIo.TestKit.Tests;

/// <summary>An actor system with the service, for one test. Disposal ends it.</summary>
internal sealed class RunningService : IAsyncDisposable
{
    private const string Quiet = """
        akka {
          loglevel = OFF
          stdout-loglevel = OFF
          log-dead-letters = off
        }
        """;

    internal ActorSystem System { get; } = ActorSystem.Create("test", ConfigurationFactory.ParseString(Quiet));

    internal DmIoService Service => DmIoService.For(System);

    public async ValueTask DisposeAsync() => await System.Terminate();
}
