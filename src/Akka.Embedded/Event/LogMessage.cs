// A format and its arguments, kept apart until somebody reads the text. A structured logger never needs the text.

namespace Akka.Event;

public abstract class LogMessage(ILogMessageFormatter formatter, string format)
{
    public string Format { get; } = format;

    protected ILogMessageFormatter Formatter { get; } = formatter;

    /// <summary>The arguments alone, for a complaint about a format that does not fit them.</summary>
    public abstract string Unformatted();

    public abstract IEnumerable<object?> Parameters();
}

internal sealed class DefaultLogMessage(ILogMessageFormatter formatter, string format, object?[] arguments)
    : LogMessage(formatter, format)
{
    public override string Unformatted() => string.Join(",", arguments);

    public override IEnumerable<object?> Parameters() => arguments;

    public override string ToString() => Formatter.Format(Format, arguments);
}
