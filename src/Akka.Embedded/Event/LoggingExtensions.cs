// Logging at a level that is a value. The arguments are kept with their format, not formatted here.
// One file for each of the four levels has the calls by name; up to four arguments without an array.

namespace Akka.Event;

public static partial class LoggingExtensions
{
    public static void Log(this ILoggingAdapter log, LogLevel level, string format) => log.Log(level, null, format);

    public static void Log(this ILoggingAdapter log, LogLevel level, string format, object?[] args) =>
        log.Log(level, null, format, args);

    public static void Log(
        this ILoggingAdapter log, LogLevel level, Exception? cause, string format, object?[] args) =>
        log.Log(level, cause, new DefaultLogMessage(log.Formatter, format, args));

    public static void Log<T1>(
        this ILoggingAdapter log, LogLevel logLevel, Exception? cause, string format, T1 arg1) =>
        log.Log(logLevel, cause, format, new object?[] { arg1 });

    public static void Log<T1, T2>(
        this ILoggingAdapter log, LogLevel logLevel, Exception? cause, string format, T1 arg1, T2 arg2) =>
        log.Log(logLevel, cause, format, new object?[] { arg1, arg2 });

    public static void Log<T1, T2, T3>(
        this ILoggingAdapter log, LogLevel logLevel, Exception? cause, string format, T1 arg1, T2 arg2, T3 arg3) =>
        log.Log(logLevel, cause, format, new object?[] { arg1, arg2, arg3 });

    public static void Log<T1, T2, T3, T4>(
        this ILoggingAdapter log, LogLevel logLevel, Exception? cause, string format,
        T1 arg1, T2 arg2, T3 arg3, T4 arg4) =>
        log.Log(logLevel, cause, format, new object?[] { arg1, arg2, arg3, arg4 });
}
