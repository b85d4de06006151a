// How to make an actor: its class with constructor arguments, or a producer, and what else there is to say about
// it (dispatcher, strategy). Immutable; the same props may make any number of actors. Arguments are evaluated
// once, when the props are made, and shared by all instances, restarted ones included.
using System.Linq.Expressions;

namespace Akka.Actor;

/// <summary>Makes the actors of one props: by a constructor, or by a function.</summary>
internal interface IActorProducer
{
    Type ActorType { get; }

    ActorBase Produce();
}

/// <summary>A recipe for actors.</summary>
public sealed class Props
{
    private readonly IActorProducer _producer;

    private Props(
        IActorProducer producer, object?[] arguments, SupervisorStrategy? strategy = null,
        string? dispatcher = null)
    {
        _producer = producer;
        Arguments = arguments!;
        SupervisorStrategy = strategy;
        Dispatcher = dispatcher ?? Akka.Dispatch.Dispatchers.DefaultDispatcherId;
        NamesDispatcher = dispatcher is not null;
    }

    /// <summary>An actor that handles every message by doing nothing.</summary>
    public static Props Empty { get; } = Create<EmptyActor>();

    public Type Type => _producer.ActorType;
    public object[] Arguments { get; }
    public string Dispatcher { get; }

    /// <summary>Wins over the actor's own SupervisorStrategy method; null leaves it to that.</summary>
    public SupervisorStrategy? SupervisorStrategy { get; }

    internal bool NamesDispatcher { get; }

    /// <summary>From a <c>new</c> expression, such as <c>() => new Worker(queue, 3)</c>.</summary>
    public static Props Create<TActor>(
        Expression<Func<TActor>> factory, SupervisorStrategy? supervisorStrategy = null)
        where TActor : ActorBase
    {
        if (factory.Body is UnaryExpression)
        {
            return new Props(new FactoryProducer<TActor>(factory.Compile()), [], supervisorStrategy);
        }

        if (factory.Body is not NewExpression creation)
        {
            throw new ArgumentException("The create function must be a 'new T (args)' expression", nameof(factory));
        }

        var arguments = ArgumentEvaluation.Evaluate(creation.Arguments);
        var producer = creation.Constructor is { } constructor
            ? new ConstructorProducer(typeof(TActor), constructor, arguments)
            : new ConstructorProducer(typeof(TActor), arguments);
        return new Props(producer, arguments, supervisorStrategy);
    }

    public static Props Create<TActor>(params object[] args)
        where TActor : ActorBase => Create(typeof(TActor), args);

    public static Props Create<TActor>(SupervisorStrategy supervisorStrategy)
        where TActor : ActorBase, new() => Create<TActor>().WithSupervisorStrategy(supervisorStrategy);

    public static Props Create(Type type, params object[] args)
    {
        ArgumentNullException.ThrowIfNull(type);
        if (!typeof(ActorBase).IsAssignableFrom(type))
        {
            throw new ArgumentException($"Unknown actor producer [{type.FullName}]", nameof(type));
        }

        return new Props(new ConstructorProducer(type, args ?? []), args ?? []);
    }

    public Props WithDispatcher(string dispatcher) => new(_producer, Arguments, SupervisorStrategy, dispatcher);

    public Props WithSupervisorStrategy(SupervisorStrategy supervisorStrategy) =>
        new(_producer, Arguments, supervisorStrategy, NamesDispatcher ? Dispatcher : null);

    /// <summary>Makes one instance; the runtime's to call.</summary>
    public ActorBase NewActor()
    {
        if (_producer is not ConstructorProducer)
        {
            return _producer.Produce();
        }

        try
        {
            return _producer.Produce();
        }
        catch (Exception cause)
        {
            throw new TypeLoadException(
                $"Error while creating actor instance of type {Type} with {Arguments.Length} args: " +
                $"({string.Join(',', Arguments)})", cause);
        }
    }

    private sealed class EmptyActor : UntypedActor
    {
        protected override void OnReceive(object message)
        {
        }
    }

    private sealed class FactoryProducer<TActor>(Func<TActor> factory) : IActorProducer
        where TActor : ActorBase
    {
        public Type ActorType => typeof(TActor);

        public ActorBase Produce() => factory();
    }
}
