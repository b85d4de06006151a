// A format and its arguments, kept apart until somebody reads the text; a structured logger never needs the text.
// The formatter that makes it is named by 'akka.logger-formatter', or given to GetLogger.

using System.Globalization;

namespace Akka.Event;

public abstract class LogMessage(ILogMessageFormatter formatter, string format)
{
    public string Format { get; } = format;
    protected ILogMessageFormatter Formatter { get; } = formatter;

    public abstract IEnumerable<object?> Parameters();
}

internal sealed class DefaultLogMessage(ILogMessageFormatter formatter, string format, object?[] arguments)
    : LogMessage(formatter, format)
{
    public override IEnumerable<object?> Parameters() => arguments;

    public override string ToString() => Formatter.Format(Format, arguments);
}

/// <summary>Must be thread-safe, and have a constructor without parameters where HOCON names it.</summary>
public interface ILogMessageFormatter
{
    string Format(string format, params object?[] args);
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
}
