// Who logs, as a text and as a class: an actor by its path, anything else by its name and the actor system's.

using Akka.Actor;

namespace Akka.Event;

public readonly record struct LogSource
{
    private LogSource(string source, Type type)
    {
        Source = source;
        Type = type;
    }

    public string Source { get; }

    public Type Type { get; }

    public static LogSource Create(string source, Type t) => new(source, t);

    public static LogSource Create(object o) => o switch
    {
        IActorContext context => new LogSource(context.Self.Path.ToString(), SourceType(o)),
        IActorRef actor => new LogSource(actor.Path.ToString(), SourceType(o)),
        string text => new LogSource(text, SourceType(o)),
        _ => new LogSource(Logging.SimpleName(SourceType(o)), SourceType(o)),
    };

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
