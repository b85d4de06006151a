using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using DmIo.Actors.Client;
using DmIo.Actors.Service;

namespace DmIo.Actors.Tests.Client;

/// <summary>A service and the log messages of its start, at INFO and above.</summary>
internal sealed class StartedService
{
    private const string Logged = """
        akka {
          loglevel = INFO
          stdout-loglevel = OFF
          loggers = []
          log-dead-letters = off
        }
        """;

    private readonly List<LogEvent> events = [];

    private StartedService(ActorSystem system) => System = system;

    internal ActorSystem System { get; }

    internal DmIoService Service => DmIoService.For(System);

    internal IEnumerable<string> Warnings => MessagesOf(LogLevel.WarningLevel, typeof(DmIoService));

    internal IEnumerable<string> Infos => MessagesOf(LogLevel.InfoLevel, typeof(DmIoService));

    internal IEnumerable<string> DeviceWarnings => MessagesOf(LogLevel.WarningLevel, typeof(SupervisorActor));

    /// <param name="config">The configuration of the system, in front of the one that enables the log.</param>
    /// <param name="usesShutdownBefore">Use CoordinatedShutdown before the service does.</param>
    internal static async Task<StartedService> StartAsync(Config config, bool usesShutdownBefore = false)
    {
        var system = ActorSystem.Create(
            "started", ConfigurationFactory.ParseString(Logged).WithFallback(config));
        if (usesShutdownBefore)
        {
            CoordinatedShutdown.Get(system);
        }

        using var log = Inbox.Create(system);
        var end = new Info(null, "test", typeof(StartedService), "The start has ended.");
        system.EventStream.Subscribe(log.Receiver, typeof(LogEvent));
        var started = new StartedService(system);
        _ = started.Service;
        system.EventStream.Publish(end);
        while (await log.ReceiveAsync(Patience.Limit) is LogEvent logged && logged != end)
        {
            started.events.Add(logged);
        }

        return started;
    }

    private IEnumerable<string> MessagesOf(LogLevel level, Type by) => events
        .Where(logged => logged.LogLevel() == level && logged.LogClass == by)
        .Select(logged => logged.Message.ToString()!);
}
