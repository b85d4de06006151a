// The logger of systems under test: hides the events that a filter at work matches, and logs the others.
// A dead letter is presented to the filters as a warning; the runtime's own listener is who logs it.

using Akka.Event;
using Akka.TestKit.TestEvent;

namespace Akka.TestKit;

/// <summary>Set by <c>akka.loggers</c> in every test kit's configuration.</summary>
public sealed class TestEventListener : DefaultLogger
{
    private readonly List<EventFilterBase> _filters = [];

    protected override bool Receive(object message)
    {
        switch (message)
        {
            case InitializeLogger initialize:
                initialize.LoggingBus.Subscribe(Self, typeof(Mute));
                initialize.LoggingBus.Subscribe(Self, typeof(Unmute));
                initialize.LoggingBus.Subscribe(Self, typeof(DeadLetter));
                return base.Receive(message);
            case Mute mute:
                _filters.AddRange(mute.Filters);
                return true;
            case Unmute unmute:
                _filters.RemoveAll(unmute.Filters.Contains);
                return true;
            case DeadLetter letter:
                IsHidden(new Warning(null, letter.Recipient.Path.ToString(), letter.Recipient.GetType(), letter));
                return true;
            case LogEvent logEvent when IsHidden(logEvent):
                return true;
            default:
                return base.Receive(message);
        }
    }

    private bool IsHidden(LogEvent logEvent) => _filters.Find(filter => filter.Apply(logEvent)) is not null;
}
