// Who logs, as a text and as a class: an actor by its path, anything else by its name and the actor system's.

using Akka.Actor;

namespace Akka.Event;

public readonly record struct LogSource
{
    private LogSource(string source, Type type) => (Source, Type) = (source, type);

    public string Source { get; }

    public Type Type { get; }

    public static LogSource Create(object o) => new(
        o switch
        {
            IActorContext context => context.Self.Path.ToString(),
            IActorRef actor => actor.Path.ToString(),
            string text => text,
            _ => SourceType(o).Name,
        },
        SourceType(o));

    public static LogSource Create(object o, ActorSystem system) => o switch
    {
        IActorContext or IActorRef => Create(o),
        LogSource source => source,
        _ => new LogSource($"{Create(o).Source} ({system})", SourceType(o)),
    };

    /// <summary>The class to log for: an actor's own, not that of its context.</summary>
    public static Type SourceType(object o) => o switch
    {
        Type type => type,
        IActorContext context => context.Props.Type,
        string => typeof(DummyClassForStringSources),
        _ => o.GetType(),
    };
}

/// <summary>The class of sources that are mere texts.</summary>
public sealed class DummyClassForStringSources;
