// Logging at the level Error. Below the level nothing is boxed, allocated or formatted.

namespace Akka.Event;

public static partial class LoggingExtensions
{
    public static void Error(this ILoggingAdapter log, string format)
    {
        if (log.IsErrorEnabled)
        {
            log.Log(LogLevel.ErrorLevel, null, format);
        }
    }

    public static void Error(this ILoggingAdapter log, Exception? cause, string format)
    {
        if (log.IsErrorEnabled)
        {
            log.Log(LogLevel.ErrorLevel, cause, format);
        }
    }

    public static void Error(this ILoggingAdapter log, string format, object?[] args)
    {
        if (log.IsErrorEnabled)
        {
            log.Log(LogLevel.ErrorLevel, null, format, args);
        }
    }

    public static void Error(this ILoggingAdapter log, Exception? cause, string format, object?[] args)
    {
        if (log.IsErrorEnabled)
        {
            log.Log(LogLevel.ErrorLevel, cause, format, args);
        }
    }

    public static void Error<T1>(this ILoggingAdapter log, string format, T1 arg1)
    {
        if (log.IsErrorEnabled)
        {
            log.Log(LogLevel.ErrorLevel, null, format, arg1);
        }
    }

    public static void Error<T1>(this ILoggingAdapter log, Exception? cause, string format, T1 arg1)
    {
        if (log.IsErrorEnabled)
        {
            log.Log(LogLevel.ErrorLevel, cause, format, arg1);
        }
    }

    public static void Error<T1, T2>(this ILoggingAdapter log, string format, T1 arg1, T2 arg2)
    {
        if (log.IsErrorEnabled)
        {
            log.Log(LogLevel.ErrorLevel, null, format, arg1, arg2);
        }
    }

    public static void Error<T1, T2>(this ILoggingAdapter log, Exception? cause, string format, T1 arg1, T2 arg2)
    {
        if (log.IsErrorEnabled)
        {
            log.Log(LogLevel.ErrorLevel, cause, format, arg1, arg2);
        }
    }

    public static void Error<T1, T2, T3>(this ILoggingAdapter log, string format, T1 arg1, T2 arg2, T3 arg3)
    {
        if (log.IsErrorEnabled)
        {
            log.Log(LogLevel.ErrorLevel, null, format, arg1, arg2, arg3);
        }
    }

    public static void Error<T1, T2, T3>(
        this ILoggingAdapter log, Exception? cause, string format, T1 arg1, T2 arg2, T3 arg3)
    {
        if (log.IsErrorEnabled)
        {
            log.Log(LogLevel.ErrorLevel, cause, format, arg1, arg2, arg3);
        }
    }

    public static void Error<T1, T2, T3, T4>(
        this ILoggingAdapter log, string format, T1 arg1, T2 arg2, T3 arg3, T4 arg4)
    {
        if (log.IsErrorEnabled)
        {
            log.Log(LogLevel.ErrorLevel, null, format, arg1, arg2, arg3, arg4);
        }
    }

    public static void Error<T1, T2, T3, T4>(
        this ILoggingAdapter log, Exception? cause, string format, T1 arg1, T2 arg2, T3 arg3, T4 arg4)
    {
        if (log.IsErrorEnabled)
        {
            log.Log(LogLevel.ErrorLevel, cause, format, arg1, arg2, arg3, arg4);
        }
    }
}
