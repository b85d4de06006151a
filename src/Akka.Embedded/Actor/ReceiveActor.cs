// The actor whose behaviour is a list of typed handlers, asked in the order in which they were added; the first
// whose type and predicate fit gets the message. Handlers are added in the constructor and in Become's configure.
using Akka.Dispatch;

namespace Akka.Actor;

/// <summary>An actor with typed handlers: <c>Receive&lt;T&gt;(handler)</c>.</summary>
public abstract class ReceiveActor : UntypedActor
{
    private readonly HandlerList _initial = new();
    private HandlerList? _open;

    protected ReceiveActor() => _open = _initial;

    protected sealed override void OnReceive(object message) => Run(_initial, message);

    /// <summary>The constructor is over: from now on handlers are added in Become only.</summary>
    internal void EndConstruction() => _open = null;

    protected void Become(Action configure) => Become(Behaviour(configure));
    protected void BecomeStacked(Action configure) => BecomeStacked(Behaviour(configure));

    protected void Receive<T>(Action<T> handler, Predicate<T>? shouldHandle = null) => Open.Add(
        catchesAll: typeof(T) == typeof(object) && shouldHandle is null, message =>
        {
            if (message is not T typed || (shouldHandle is not null && !shouldHandle(typed)))
            {
                return false;
            }

            handler(typed);
            return true;
        });

    protected void Receive<T>(Predicate<T> shouldHandle, Action<T> handler) => Receive(handler, shouldHandle);

    /// <summary>The handler itself says whether it handled the message.</summary>
    protected void Receive<T>(Func<T, bool> handler) =>
        Open.Add(catchesAll: false, message => message is T typed && handler(typed));

    protected void ReceiveAny(Action<object> handler) => Receive(handler);

    protected void ReceiveAsync<T>(Func<T, Task> handler, Predicate<T>? shouldHandle = null) =>
        Receive<T>(message => ActorTaskScheduler.RunTask(() => handler(message)), shouldHandle);

    protected void ReceiveAnyAsync(Func<object, Task> handler) => ReceiveAsync<object>(handler);

    private HandlerList Open => _open ?? throw new InvalidOperationException(
        "You may only call Receive-methods when constructing the actor and inside Become().");

    private UntypedReceive Behaviour(Action configure)
    {
        var outer = _open;
        var handlers = new HandlerList();
        _open = handlers;
        try
        {
            configure();
        }
        finally
        {
            _open = outer;
        }

        return message => Run(handlers, message);
    }

    private void Run(HandlerList handlers, object message)
    {
        if (!handlers.Handle(message))
        {
            Unhandled(message);
        }
    }

    private sealed class HandlerList
    {
        private readonly List<Func<object, bool>> _handlers = [];
        private bool _complete;

        internal void Add(bool catchesAll, Func<object, bool> handle)
        {
            if (_complete)
            {
                throw new InvalidOperationException(
                    "A handler that catches all messages has been added. No handler can be added after that.");
            }

            _handlers.Add(handle);
            _complete = catchesAll;
        }

        internal bool Handle(object message)
        {
            foreach (var handle in _handlers)
            {
                if (handle(message))
                {
                    return true;
                }
            }

            return false;
        }
    }
}
