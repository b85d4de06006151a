// How code logs. A text without arguments is taken as it is; arguments are kept with their format, and whoever writes
// the event formats them. Below the adapter's level nothing is formatted or kept.

namespace Akka.Event;

public static class LoggingExtensions
{
    public static void Debug(this ILoggingAdapter log, string format, params ReadOnlySpan<object?> args) =>
        log.LogIfEnabled(LogLevel.DebugLevel, null, format, args);

    public static void Debug(
        this ILoggingAdapter log, Exception? cause, string format, params ReadOnlySpan<object?> args) =>
        log.LogIfEnabled(LogLevel.DebugLevel, cause, format, args);

    public static void Info(this ILoggingAdapter log, string format, params ReadOnlySpan<object?> args) =>
        log.LogIfEnabled(LogLevel.InfoLevel, null, format, args);

    public static void Info(
        this ILoggingAdapter log, Exception? cause, string format, params ReadOnlySpan<object?> args) =>
        log.LogIfEnabled(LogLevel.InfoLevel, cause, format, args);

    public static void Warning(this ILoggingAdapter log, string format, params ReadOnlySpan<object?> args) =>
        log.LogIfEnabled(LogLevel.WarningLevel, null, format, args);

    public static void Warning(
        this ILoggingAdapter log, Exception? cause, string format, params ReadOnlySpan<object?> args) =>
        log.LogIfEnabled(LogLevel.WarningLevel, cause, format, args);

    public static void Error(this ILoggingAdapter log, string format, params ReadOnlySpan<object?> args) =>
        log.LogIfEnabled(LogLevel.ErrorLevel, null, format, args);

    public static void Error(
        this ILoggingAdapter log, Exception? cause, string format, params ReadOnlySpan<object?> args) =>
        log.LogIfEnabled(LogLevel.ErrorLevel, cause, format, args);

    /// <summary>Logs at a level that is a value, whether or not the adapter has it enabled.</summary>
    public static void Log(
        this ILoggingAdapter log, LogLevel level, string format, params ReadOnlySpan<object?> args) =>
        log.Log(level, null, format, args);

    /// <inheritdoc cref="Log(ILoggingAdapter, LogLevel, string, ReadOnlySpan{object?})"/>
    public static void Log(
        this ILoggingAdapter log, LogLevel level, Exception? cause, string format, params ReadOnlySpan<object?> args)
    {
        if (args.IsEmpty)
        {
            log.Log(level, cause, format);
        }
        else
        {
            log.Log(level, cause, new DefaultLogMessage(log.Formatter, format, args.ToArray()));
        }
    }

    private static void LogIfEnabled(
        this ILoggingAdapter log, LogLevel level, Exception? cause, string format, ReadOnlySpan<object?> args)
    {
        if (log.IsEnabled(level))
        {
            log.Log(level, cause, format, args);
        }
    }
}
