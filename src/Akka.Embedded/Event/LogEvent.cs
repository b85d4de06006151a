// What is published on the event stream for one call of a logging adapter. The message may be a LogMessage, which
// is formatted where it is written, on the logger's thread, and not where it is logged.

using Akka.Actor;

namespace Akka.Event;

/// <summary>A level includes all that are graver.</summary>
public enum LogLevel
{
    DebugLevel,
    InfoLevel,
    WarningLevel,
    ErrorLevel,
}

public abstract class LogEvent(Exception? cause, string logSource, Type logClass, object message)
    : INoSerializationVerificationNeeded
{
    public Exception? Cause { get; } = cause;

    /// <summary>When it was logged, in UTC.</summary>
    public DateTime Timestamp { get; } = DateTime.UtcNow;

    /// <summary>The thread that logged it.</summary>
    public Thread Thread { get; } = Thread.CurrentThread;

    /// <summary>Who logged it: an actor's path, or a name with the actor system's.</summary>
    public string LogSource { get; } = logSource;

    public Type LogClass { get; } = logClass;

    public object Message { get; } = message;

    public abstract LogLevel LogLevel();

    public override string ToString()
    {
        var head = $"[{LogLevel().StringFor()}][{Timestamp:MM/dd/yyyy HH:mm:ss.fffK}]"
            + $"[Thread {Thread.ManagedThreadId:0000}][{LogSource}] {Message}";
        return Cause is null ? head : $"{head}{Environment.NewLine}Cause: {Cause}";
    }
}

public sealed class Debug(Exception? cause, string logSource, Type logClass, object message)
    : LogEvent(cause, logSource, logClass, message)
{
    public Debug(string logSource, Type logClass, object message)
        : this(null, logSource, logClass, message)
    {
    }

    public override LogLevel LogLevel() => Event.LogLevel.DebugLevel;
}

public sealed class Info(Exception? cause, string logSource, Type logClass, object message)
    : LogEvent(cause, logSource, logClass, message)
{
    public override LogLevel LogLevel() => Event.LogLevel.InfoLevel;
}

public sealed class Warning(Exception? cause, string logSource, Type logClass, object message)
    : LogEvent(cause, logSource, logClass, message)
{
    public override LogLevel LogLevel() => Event.LogLevel.WarningLevel;
}

public sealed class Error(Exception? cause, string logSource, Type logClass, object message)
    : LogEvent(cause, logSource, logClass, message)
{
    public override LogLevel LogLevel() => Event.LogLevel.ErrorLevel;
}
