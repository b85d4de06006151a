// The logger that 'akka.loggers' names by default: hands every event to the stdout logger.

using Akka.Actor;

namespace Akka.Event;

public class DefaultLogger : ActorBase
{
    private readonly MinimalLogger _stdoutLogger = Context.System.Settings.StdoutLogger;

    protected override bool Receive(object message)
    {
        switch (message)
        {
            case InitializeLogger:
                Sender.Tell(new LoggerInitialized());
                return true;
            case LogEvent logEvent:
                Print(logEvent);
                return true;
            default:
                return false;
        }
    }

    protected virtual void Print(LogEvent logEvent) => _stdoutLogger.Tell(logEvent, Self);
}
