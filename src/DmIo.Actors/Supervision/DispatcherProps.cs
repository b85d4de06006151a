using Akka.Actor;

namespace DmIo.Actors;

/// <summary>Where the service's actors run: <c>dmio.dispatcher</c>.</summary>
internal static class DispatcherProps
{
    internal static Props WithDispatcherOf(this Props props, DmIoSettings settings) =>
        settings.Dispatcher is { } dispatcher ? props.WithDispatcher(dispatcher) : props;
}
