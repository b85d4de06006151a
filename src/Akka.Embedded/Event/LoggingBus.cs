// The event stream's other half: it starts the loggers of an actor system, and gives each of them the events of the
// log level and above.
//
//   stdout logger alone --StartDefaultLoggers--> loggers of 'akka.loggers' --StopDefaultLoggers--> stdout logger alone
//
// The stdout logger stays on beside the others only where 'akka.loggers' names it.

using Akka.Actor;
using Akka.Actor.Internal;
using Akka.Configuration;

namespace Akka.Event;

public abstract class LoggingBus : ActorEventBus
{
    private static readonly LogLevel[] AllLevels = Enum.GetValues<LogLevel>();

    private static int s_loggerNumber;

    private readonly Lock _gate = new();
    private readonly List<IActorRef> _loggers = [];
    private bool _isStopped;

    /// <summary>The lowest level that is logged.</summary>
    public LogLevel LogLevel { get; private set; }

    /// <summary>Changes the level of the loggers; adapters that exist keep the one they were made with.</summary>
    public void SetLogLevel(LogLevel logLevel)
    {
        lock (_gate)
        {
            LogLevel = logLevel;
            foreach (var logger in _loggers)
            {
                SubscribeFrom(logLevel, logger);
            }
        }
    }

    public void StartStdoutLogger(Settings config)
    {
        ArgumentNullException.ThrowIfNull(config);
        SubscribeFrom(Logging.LogLevelFor(config.StdoutLogLevel), config.StdoutLogger);
        LogDebug("StandardOutLogger started");
    }

    /// <exception cref="ConfigurationException">A logger's class cannot be found.</exception>
    internal void StartDefaultLoggers(ActorSystemImpl system)
    {
        var settings = system.Settings;
        LogLevel = Logging.LogLevelFor(settings.LogLevel);
        var types = settings.Loggers.Select(name => TypeResolver.Resolve(name, "akka.loggers"))
            .ToLookup(type => typeof(MinimalLogger).IsAssignableFrom(type));
        var starts = types[false].Select(type => (type, start: StartAsync(type, system))).ToList();
        if (!Task.WaitAll([.. starts.Select(logger => logger.start)], settings.LoggerStartTimeout))
        {
            foreach (var (type, _) in starts.Where(logger => !logger.start.IsCompleted))
            {
                Publish(new Warning(null, Source, GetType(), $"Logger {type.FullName} did not respond within "
                    + $"{settings.LoggerStartTimeout} to InitializeLogger, and misses what is logged until it does."));
            }
        }

        if (settings.DebugUnhandledMessage)
        {
            Subscribe(
                system.SystemActorOf(Props.Create<UnhandledMessageForwarder>(), nameof(UnhandledMessageForwarder)),
                typeof(UnhandledMessage));
        }

        if (!types[true].Any())
        {
            Unsubscribe(settings.StdoutLogger);
        }

        LogDebug("Default Loggers started");
    }

    internal void StopDefaultLoggers(ActorSystem system)
    {
        SubscribeFrom(Logging.LogLevelFor(system.Settings.StdoutLogLevel), system.Settings.StdoutLogger);
        IActorRef[] loggers;
        lock (_gate)
        {
            _isStopped = true;
            loggers = [.. _loggers];
            _loggers.Clear();
        }

        Array.ForEach(loggers, Remove);
        LogDebug("All default loggers stopped");
    }

    private string Source => GetType().Name;

    // Ends when the logger has answered; a logger whose constructor throws never does. Its failure is a log event to
    // the others, and no failure of the actor system.
    private async Task StartAsync(Type type, ActorSystemImpl system)
    {
        var name = $"log{Interlocked.Increment(ref s_loggerNumber)}-{type.Name}";
        var props = Props.Create(type).WithDispatcher(system.Settings.LoggersDispatcher);
        var logger = system.SystemActorOf(props, name);
        var answer = await logger.Ask(new InitializeLogger(this), Timeout.InfiniteTimeSpan).ConfigureAwait(false);
        if (answer is not LoggerInitialized)
        {
            Publish(new Error(null, Source, GetType(), $"Logger {name} answered InitializeLogger with "
                + $"{answer.GetType()} and not with {nameof(LoggerInitialized)}. Stopping logger."));
            Remove(logger);
            return;
        }

        lock (_gate)
        {
            if (_isStopped)
            {
                Remove(logger);
                return;
            }

            _loggers.Add(logger);
            SubscribeFrom(LogLevel, logger);
        }

        LogDebug($"Logger {name} [{type.FullName}] started");
    }

    private void Remove(IActorRef logger)
    {
        Unsubscribe(logger);
        (logger as IInternalActorRef)?.Stop();
    }

    private void SubscribeFrom(LogLevel lowest, IActorRef logger)
    {
        foreach (var level in AllLevels)
        {
            _ = level >= lowest ? Subscribe(logger, level.ClassFor()) : Unsubscribe(logger, level.ClassFor());
        }
    }

    private void LogDebug(string message) => Publish(new Debug(Source, GetType(), message));
}
