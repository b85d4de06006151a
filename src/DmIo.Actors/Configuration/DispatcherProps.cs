using Akka.Actor;
using Akka.Configuration;

namespace DmIo.Actors.Configuration;

/// <summary>Where the service's actors run: <c>dmio.dispatcher</c>.</summary>
internal static class DispatcherProps
{
    internal static Props WithDispatcherOf(this Props props, DmIoSettings settings) =>
        settings.Dispatcher is { } dispatcher ? props.WithDispatcher(dispatcher) : props;

    /// <summary>Before anything is opened.</summary>
    /// <exception cref="ConfigurationException">The setting names no dispatcher of the system.</exception>
    internal static void CheckDispatcher(this DmIoSettings settings, ActorSystem system)
    {
        try
        {
            _ = settings.Dispatcher is { } name ? system.Dispatchers.Lookup(name) : null;
        }
        catch (Exception fault)
        {
            // Akka.NET throws exceptions of many types for all that a name can lead to.
            throw new ConfigurationException(
                $"dmio.dispatcher is '{settings.Dispatcher}', which is the path of no dispatcher: {fault.Message}",
                fault);
        }
    }
}
