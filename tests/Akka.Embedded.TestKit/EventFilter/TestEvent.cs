// What a test publishes to the listener on the event stream: filters to put to work, and to withdraw.

using Akka.Actor;

namespace Akka.TestKit.TestEvent;

/// <summary>Events that match are kept out of the log from here on.</summary>
public sealed class Mute(params IReadOnlyCollection<EventFilterBase> filters) : INoSerializationVerificationNeeded
{
    public IReadOnlyCollection<EventFilterBase> Filters { get; } = filters;
}

/// <summary>The filters are withdrawn.</summary>
public sealed class Unmute(params IReadOnlyCollection<EventFilterBase> filters) : INoSerializationVerificationNeeded
{
    public IReadOnlyCollection<EventFilterBase> Filters { get; } = filters;
}
