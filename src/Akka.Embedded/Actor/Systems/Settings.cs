// What the runtime reads from HOCON, read once. The user's configuration lies over what extensions inject, which
// lies over the reference configuration (Configuration/akka.conf, which says what each key means).
using Akka.Configuration;
using Akka.Event;

namespace Akka.Actor;

/// <summary>The settings of one actor system.</summary>
public sealed class Settings
{
    private readonly Config _userConfig;
    private Config _fallback = ConfigurationFactory.Default();

    internal Settings(ActorSystem system, Config config)
    {
        System = system;
        _userConfig = config;
        Config = config.WithFallback(_fallback);
        SupervisorStrategyClass = Config.GetString("akka.actor.guardian-supervisor-strategy")!;
        AskTimeout = Config.GetTimeSpan("akka.actor.ask-timeout", Timeout.InfiniteTimeSpan);
        AddLoggingReceive = Config.GetBoolean("akka.actor.debug.receive");
        DebugAutoReceive = Config.GetBoolean("akka.actor.debug.autoreceive");
        DebugLifecycle = Config.GetBoolean("akka.actor.debug.lifecycle");
        DebugEventStream = Config.GetBoolean("akka.actor.debug.event-stream");
        DebugUnhandledMessage = Config.GetBoolean("akka.actor.debug.unhandled");
        LogLevel = Config.GetString("akka.loglevel")!;
        StdoutLogLevel = Config.GetString("akka.stdout-loglevel")!;
        StdoutLogger = LoggerClasses.StdoutLoggerOf(Config);
        LogFormatter = LoggerClasses.FormatterOf(Config);
        Loggers = Config.GetStringList("akka.loggers");
        LoggersDispatcher = Config.GetString("akka.loggers-dispatcher")!;
        LoggerStartTimeout = Config.GetTimeSpan("akka.logger-startup-timeout");
        LogConfigOnStart = Config.GetBoolean("akka.log-config-on-start");
        LogDeadLetters = ReadLogDeadLetters(Config.GetString("akka.log-dead-letters"));
        LogDeadLettersDuringShutdown = Config.GetBoolean("akka.log-dead-letters-during-shutdown");
        LogDeadLettersSuspendDuration =
            Config.GetTimeSpan("akka.log-dead-letters-suspend-duration", Timeout.InfiniteTimeSpan);
        SchedulerClass = Config.GetString("akka.scheduler.implementation")!;
        CoordinatedShutdownTerminateActorSystem =
            Config.GetBoolean("akka.coordinated-shutdown.terminate-actor-system");
        CoordinatedShutdownRunByActorSystemTerminate =
            Config.GetBoolean("akka.coordinated-shutdown.run-by-actor-system-terminate");
    }

    public ActorSystem System { get; }

    /// <summary>The user's configuration over all fallbacks.</summary>
    public Config Config { get; private set; }

    public string SupervisorStrategyClass { get; }
    public TimeSpan AskTimeout { get; }
    public bool AddLoggingReceive { get; }
    public bool DebugAutoReceive { get; }
    public bool DebugLifecycle { get; }
    public bool DebugEventStream { get; }
    public bool DebugUnhandledMessage { get; }
    public string LogLevel { get; }
    public string StdoutLogLevel { get; }
    public MinimalLogger StdoutLogger { get; }
    public ILogMessageFormatter LogFormatter { get; }
    public IList<string> Loggers { get; }
    public string LoggersDispatcher { get; }
    public TimeSpan LoggerStartTimeout { get; }
    public bool LogConfigOnStart { get; }

    /// <summary>Dead letters to log before logging pauses; 0 logs none.</summary>
    public int LogDeadLetters { get; }

    public bool LogDeadLettersDuringShutdown { get; }
    public TimeSpan LogDeadLettersSuspendDuration { get; }
    public string SchedulerClass { get; }
    public bool CoordinatedShutdownTerminateActorSystem { get; }
    public bool CoordinatedShutdownRunByActorSystemTerminate { get; }

    /// <summary>Adds defaults below the user's configuration, above those that are there.</summary>
    public void InjectTopLevelFallback(Config config)
    {
        _fallback = config.WithFallback(_fallback);
        Config = _userConfig.WithFallback(_fallback);
    }

    public override string ToString() => Config.ToString(includeFallback: true);

    private static int ReadLogDeadLetters(string? text) => text switch
    {
        "on" or "true" or "yes" => int.MaxValue,
        null or "off" or "false" or "no" => 0,
        _ => int.Parse(text),
    };
}
