using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Display;

namespace DmIo.Cli;

/// <summary>Serilog's sink of the command: standard error, one line for an event, exceptions below it.</summary>
internal sealed class SerilogToStandardError : ILogEventSink
{
    private const string Template = "{Timestamp:HH:mm:ss.fff} {Level:u3} {Message:lj}{NewLine}{Exception}";

    private readonly MessageTemplateTextFormatter formatter = new(Template);
    private readonly Lock gate = new();
    private readonly TextWriter writer;

    private SerilogToStandardError(TextWriter writer) => this.writer = writer;

    /// <summary>Makes it the process's logger, which is where Akka's Serilog logger writes to.</summary>
    internal static void Start(TextWriter writer, int verbosity) => Log.Logger = new LoggerConfiguration()
        .MinimumLevel.Is(verbosity switch
        {
            0 => LogEventLevel.Warning,
            1 => LogEventLevel.Information,
            _ => LogEventLevel.Debug,
        })
        .WriteTo.Sink(new SerilogToStandardError(writer))
        .CreateLogger();

    public void Emit(LogEvent logEvent)
    {
        lock (gate)
        {
            formatter.Format(logEvent, writer);
        }
    }
}
