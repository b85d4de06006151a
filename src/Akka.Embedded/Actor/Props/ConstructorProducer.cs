// Makes actors by a constructor. The constructor is found once per props; how to call it fast is kept per
// constructor. As in Akka, what the constructor throws arrives inside a TargetInvocationException.
using System.Collections.Concurrent;
using System.Reflection;

namespace Akka.Actor;

internal sealed class ConstructorProducer(Type type, object?[] arguments) : IActorProducer
{
    private static readonly ConcurrentDictionary<ConstructorInfo, ConstructorInvoker> Invokers = new();
    private static readonly ConcurrentDictionary<Type, ConstructorInvoker?> ParameterlessInvokers = new();

    private ConstructorInvoker? _invoker;

    internal ConstructorProducer(Type type, ConstructorInfo constructor, object?[] arguments)
        : this(type, arguments) => _invoker = InvokerOf(constructor);

    public Type ActorType => type;

    public ActorBase Produce()
    {
        if ((_invoker ??= FindInvoker()) is not { } invoker)
        {
            // Optional parameters, several candidates, or no constructor that fits: what the framework makes of it.
            return (ActorBase)Activator.CreateInstance(type, arguments)!;
        }

        try
        {
            return (ActorBase)invoker.Invoke(arguments.AsSpan());
        }
        catch (Exception cause) when (cause is not TargetInvocationException)
        {
            throw new TargetInvocationException(cause);
        }
    }

    private ConstructorInvoker? FindInvoker()
    {
        if (arguments.Length == 0)
        {
            return ParameterlessInvokers.GetOrAdd(type, static key =>
                key.GetConstructor(Type.EmptyTypes) is { } constructor ? InvokerOf(constructor) : null);
        }

        var fitting = type.GetConstructors().Where(Fits).Take(2).ToArray();
        return fitting.Length == 1 ? InvokerOf(fitting[0]) : null;
    }

    private bool Fits(ConstructorInfo constructor)
    {
        var parameters = constructor.GetParameters();
        return parameters.Length == arguments.Length && parameters.Zip(arguments).All(pair =>
            pair.Second is { } argument
                ? pair.First.ParameterType.IsInstanceOfType(argument)
                : !pair.First.ParameterType.IsValueType);
    }

    private static ConstructorInvoker InvokerOf(ConstructorInfo constructor) =>
        Invokers.GetOrAdd(constructor, static key => ConstructorInvoker.Create(key));
}
