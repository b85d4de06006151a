// The handshake with which a logger starts.
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
