// Dispatchers by name. A name is a HOCON path; its section names a type ("Dispatcher", "PinnedDispatcher" or a
// configurator class) and what it leaves out is filled from the default dispatcher's section.
using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Configuration;

namespace Akka.Dispatch;

/// <summary>The dispatchers of one actor system.</summary>
public sealed class Dispatchers
{
    /// <summary>The dispatcher of actors whose Props name none.</summary>
    public static readonly string DefaultDispatcherId = "akka.actor.default-dispatcher";

    /// <summary>The dispatcher of the runtime's own actors.</summary>
    public static readonly string InternalDispatcherId = "akka.actor.internal-dispatcher";

    private readonly ConcurrentDictionary<string, MessageDispatcherConfigurator> _configurators = new();
    private readonly ActorSystem _system;
    private MessageDispatcher? _default;

    internal Dispatchers(ActorSystem system) => _system = system;

    public MessageDispatcher DefaultGlobalDispatcher => _default ??= Lookup(DefaultDispatcherId);

    /// <exception cref="ConfigurationException">There is no such section.</exception>
    public MessageDispatcher Lookup(string dispatcherName) => _configurators
        .GetOrAdd(dispatcherName, static (name, dispatchers) => dispatchers.Configure(name), this).Dispatcher();

    public bool HasDispatcher(string id) => _configurators.ContainsKey(id) || _system.Settings.Config.HasPath(id);

    private MessageDispatcherConfigurator Configure(string name)
    {
        var all = _system.Settings.Config;
        var section = all.GetConfig(name)
            ?? throw new ConfigurationException($"Dispatcher [{name}] not configured");
        var config = ConfigurationFactory.ParseString($"id = \"{name}\"")
            .WithFallback(section).WithFallback(all.GetConfig(DefaultDispatcherId));
        var type = config.GetString("type");
        return type switch
        {
            "Dispatcher" or "ForkJoinDispatcher" => new DispatcherConfigurator(config),
            "PinnedDispatcher" => new PinnedDispatcherConfigurator(config),
            null => throw new ConfigurationException($"Could not resolve dispatcher for path {name}. type is null"),
            _ => (MessageDispatcherConfigurator)Activator.CreateInstance(
                TypeResolver.Resolve(type, name + ".type"), config)!,
        };
    }
}
