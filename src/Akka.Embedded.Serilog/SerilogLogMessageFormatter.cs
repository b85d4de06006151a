// Renders a message template: "{Name} has {@Pages}". For loggers that want a text; SerilogLogger takes the template.
//   akka.logger-formatter = "Akka.Logger.Serilog.SerilogLogMessageFormatter, Akka.Logger.Serilog"

using Akka.Event;
using Serilog;

namespace Akka.Logger.Serilog;

public sealed class SerilogLogMessageFormatter : ILogMessageFormatter
{
    public static readonly SerilogLogMessageFormatter Instance = new();

    // The static logger destructures as it is configured to; while nobody has set one, it binds nothing.
    private static readonly ILogger Unconfigured = new LoggerConfiguration().CreateLogger();

    public string Format(string format, params object?[] args) =>
        Log.Logger.BindMessageTemplate(format, args, out var template, out var properties)
        || Unconfigured.BindMessageTemplate(format, args, out template, out properties)
            ? template.Render(properties.ToDictionary(property => property.Name, property => property.Value))
            : format;
}
