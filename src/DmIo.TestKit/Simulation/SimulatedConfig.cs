using Akka.Configuration;
using Akka.Dispatch;
using DmIo.Actors.Configuration;

namespace DmIo.TestKit.Simulation;

/// <summary>The configuration of an actor system in a <see cref="SimulatedRuntime"/>.</summary>
internal static class SimulatedConfig
{
    private static readonly Config Fixed = ConfigurationFactory.ParseString($"""
        akka {"{"}
          scheduler.implementation = "{typeof(SimulatedScheduler).AssemblyQualifiedName}"
          log-dead-letters-during-shutdown = off
          coordinated-shutdown.run-by-clr-shutdown-hook = off
        {"}"}
        """);

    private static readonly Config Defaults = ConfigurationFactory.ParseString("""
        akka {
          loggers = []
          stdout-loglevel = OFF
          log-dead-letters = off
        }
        """);

    private static readonly string[] AkkaDispatchers =
        [Dispatchers.DefaultDispatcherId, "akka.actor.internal-dispatcher"];

    /// <summary>Combines, in order of precedence: the simulation's settings, the test's, the defaults.</summary>
    internal static Config Create(Config config, IEnumerable<string> dispatchers)
    {
        var service = config.WithFallback(DmIoSettings.Reference).GetString("dmio.dispatcher");
        var paths = AkkaDispatchers.Concat(dispatchers).Concat(string.IsNullOrEmpty(service) ? [] : [service]);
        var executors = string.Join('\n', paths.Distinct(StringComparer.Ordinal).Select(path => $"""
            {path} {"{"}
              type = Dispatcher
              executor = "{typeof(SimulatedExecutorConfigurator).AssemblyQualifiedName}"
              throughput-deadline-time = 0ms
            {"}"}
            """));
        return ConfigurationFactory.ParseString(executors).WithFallback(Fixed).WithFallback(config)
            .WithFallback(Defaults);
    }
}
