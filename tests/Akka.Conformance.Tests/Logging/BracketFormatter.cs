// A formatter that shows what it is given.

using Akka.Event;

namespace Akka.Conformance.Tests.Logging;

public sealed class BracketFormatter : ILogMessageFormatter
{
    public string Format(string format, params object?[] args) => $"<{format}|{string.Join(',', args)}>";

    public string Format(string format, IEnumerable<object?> args) => Format(format, args.ToArray());
}
