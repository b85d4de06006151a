// The logger that writes Akka's log events to Serilog's static logger:
//   akka.loggers = ["Akka.Logger.Serilog.SerilogLogger, Akka.Logger.Serilog"]
// A format and its arguments arrive at Serilog as template and properties, never as a finished text. Beside them each
// event carries SourceContext, LogSource, ActorPath, Timestamp, Thread, and what ForContext added.

using Akka.Actor;
using Akka.Event;
using Serilog;
using Serilog.Core;
using Serilog.Events;

namespace Akka.Logger.Serilog;

public sealed class SerilogLogger : ReceiveActor
{
    // A finished text is a property too, and is rendered as it is, without quotes.
    private const string PlainText = "{Message:l}";

    private readonly ILoggingAdapter _log = Logging.GetLogger(Context.System.EventStream, nameof(SerilogLogger));

    public SerilogLogger()
    {
        Receive<Error>(logged => Write(LogEventLevel.Error, logged));
        Receive<Warning>(logged => Write(LogEventLevel.Warning, logged));
        Receive<Info>(logged => Write(LogEventLevel.Information, logged));
        Receive<Debug>(logged => Write(LogEventLevel.Debug, logged));
        Receive<InitializeLogger>(_ =>
        {
            _log.Info("SerilogLogger started");
            Sender.Tell(new LoggerInitialized());
        });
    }

    private static void Write(LogEventLevel level, Event.LogEvent logged)
    {
        var payload = logged.Message as SerilogPayload;
        var message = payload is null ? logged.Message : payload.Message;
        var arguments = message is LogMessage structured ? structured.Parameters().ToArray() : [message];
        var enrichers = (payload?.Enrichers ?? []).Concat(arguments.OfType<ILogEventEnricher>());
        Log.Logger
            .ForContext(Constants.SourceContextPropertyName, logged.LogClass.FullName)
            .ForContext("ActorPath", Context.Sender.Path)
            .ForContext("Timestamp", logged.Timestamp)
            .ForContext("LogSource", logged.LogSource)
            .ForContext("Thread", logged.Thread.ManagedThreadId.ToString("0000"))
            .ForContext(enrichers)
            .Write(
                level,
                logged.Cause,
                message is LogMessage { Format: var format } ? format : PlainText,
                [.. arguments.Where(argument => argument is not ILogEventEnricher)]);
    }
}
