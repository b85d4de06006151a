// Levels by name, by value and by event; and where an adapter comes from (Logging.Adapters.cs).

namespace Akka.Event;

public static partial class Logging
{
    // 'off' is above every level that an event can have.
    private const LogLevel OffLevel = (LogLevel)int.MaxValue;

    public static string SimpleName(object o)
    {
        ArgumentNullException.ThrowIfNull(o);
        return SimpleName(o.GetType());
    }

    public static string SimpleName(Type t)
    {
        ArgumentNullException.ThrowIfNull(t);
        return t.Name;
    }

    /// <summary>The class of the events of a level.</summary>
    public static Type ClassFor(this LogLevel logLevel) => logLevel switch
    {
        LogLevel.DebugLevel => typeof(Debug),
        LogLevel.InfoLevel => typeof(Info),
        LogLevel.WarningLevel => typeof(Warning),
        LogLevel.ErrorLevel => typeof(Error),
        _ => throw new ArgumentException("Unknown LogLevel", nameof(logLevel)),
    };

    public static string StringFor(this LogLevel logLevel) => logLevel switch
    {
        LogLevel.DebugLevel => "DEBUG",
        LogLevel.InfoLevel => "INFO",
        LogLevel.WarningLevel => "WARNING",
        LogLevel.ErrorLevel => "ERROR",
        OffLevel => "OFF",
        _ => throw new ArgumentException("Unknown LogLevel", nameof(logLevel)),
    };

    /// <summary>The level of a name, in any case: DEBUG, INFO, WARNING, ERROR or OFF.</summary>
    public static LogLevel LogLevelFor(string? logLevel) => logLevel?.ToUpperInvariant() switch
    {
        "DEBUG" => LogLevel.DebugLevel,
        "INFO" => LogLevel.InfoLevel,
        "WARNING" => LogLevel.WarningLevel,
        "ERROR" => LogLevel.ErrorLevel,
        "OFF" => OffLevel,
        _ => throw new ArgumentException(
            $"Unknown LogLevel: \"{logLevel}\". It is DEBUG, INFO, WARNING, ERROR or OFF.", nameof(logLevel)),
    };
}
