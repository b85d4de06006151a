// Makes one text of a format and its arguments. Named by 'akka.logger-formatter', or given to GetLogger.

using System.Globalization;

namespace Akka.Event;

/// <summary>Must be thread-safe, and have a constructor without parameters where HOCON names it.</summary>
public interface ILogMessageFormatter
{
    string Format(string format, params object?[] args);

    string Format(string format, IEnumerable<object?> args);
}

/// <summary>Positional formats: <c>"{0} of {1}"</c>.</summary>
public sealed class DefaultLogMessageFormatter : ILogMessageFormatter
{
    public static readonly DefaultLogMessageFormatter Instance = new();

    private DefaultLogMessageFormatter()
    {
    }

    public string Format(string format, params object?[] args) =>
        string.Format(CultureInfo.CurrentCulture, format, args);

    public string Format(string format, IEnumerable<object?> args) => Format(format, [.. args]);
}
