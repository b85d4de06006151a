// The logger that 'akka.loggers' names by default: hands every event to the stdout logger. And the handshake with
// which any logger starts:
//
//   bus ---InitializeLogger---> logger    the logger may subscribe to more than its level gives it
//   bus <--LoggerInitialized--- logger    from here on the bus gives it every event of its level and above

using Akka.Actor;

namespace Akka.Event;

public sealed class InitializeLogger(LoggingBus loggingBus) : INoSerializationVerificationNeeded
{
    public LoggingBus LoggingBus { get; } = loggingBus;
}

public sealed class LoggerInitialized : INoSerializationVerificationNeeded, IDeadLetterSuppression;

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
