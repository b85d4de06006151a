// Adapters for actors and for everybody else.

using Akka.Actor;

namespace Akka.Event;

public static partial class Logging
{
    /// <summary>A logging adapter for the running actor.</summary>
    public static ILoggingAdapter GetLogger(
        this IActorContext context, ILogMessageFormatter? logMessageFormatter = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        return GetLogger(context.System, context, logMessageFormatter);
    }

    /// <summary>A logging adapter for a text, a type, an actor, or any object's class.</summary>
    public static ILoggingAdapter GetLogger(
        ActorSystem system, object logSourceObj, ILogMessageFormatter? logMessageFormatter = null)
    {
        ArgumentNullException.ThrowIfNull(system);
        return new BusLogging(
            system.EventStream,
            LogSource.Create(logSourceObj, system),
            logMessageFormatter ?? system.Settings.LogFormatter);
    }

    /// <summary>The same where there is an event stream, but no actor system at hand.</summary>
    public static ILoggingAdapter GetLogger(
        LoggingBus loggingBus, object logSourceObj, ILogMessageFormatter? logMessageFormatter = null) =>
        new BusLogging(
            loggingBus, LogSource.Create(logSourceObj), logMessageFormatter ?? DefaultLogMessageFormatter.Instance);
}
