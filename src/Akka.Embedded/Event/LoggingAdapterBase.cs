// What every adapter does alike: it has a formatter, and knows its levels by name and by value.

namespace Akka.Event;

public abstract class LoggingAdapterBase : ILoggingAdapter
{
    protected LoggingAdapterBase(ILogMessageFormatter logMessageFormatter)
    {
        ArgumentNullException.ThrowIfNull(logMessageFormatter);
        Formatter = logMessageFormatter;
    }

    public ILogMessageFormatter Formatter { get; }

    public abstract bool IsDebugEnabled { get; }

    public abstract bool IsInfoEnabled { get; }

    public abstract bool IsWarningEnabled { get; }

    public abstract bool IsErrorEnabled { get; }

    public bool IsEnabled(LogLevel logLevel) => logLevel switch
    {
        LogLevel.DebugLevel => IsDebugEnabled,
        LogLevel.InfoLevel => IsInfoEnabled,
        LogLevel.WarningLevel => IsWarningEnabled,
        LogLevel.ErrorLevel => IsErrorEnabled,
        _ => throw new NotSupportedException($"Unknown LogLevel {logLevel}"),
    };

    public void Log(LogLevel logLevel, Exception? cause, LogMessage message) => NotifyLog(logLevel, message, cause);

    public void Log(LogLevel logLevel, Exception? cause, string format) => NotifyLog(logLevel, format, cause);

    /// <summary>Passes on what is logged. The message is a text, or a <see cref="LogMessage"/>.</summary>
    protected abstract void NotifyLog(LogLevel logLevel, object message, Exception? cause = null);
}
