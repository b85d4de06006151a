// Ask: a message with a reference of its own as the sender, and a task for the answer.
// The time-out is real time, as in Akka: a test's scheduler does not own it.
using Akka.Actor.Internal;

namespace Akka.Actor;

/// <summary>Asking an actor for one answer.</summary>
/// <remarks>
/// The task fails with <see cref="AskTimeoutException"/> when no answer came in time, with the cause of a
/// <see cref="Status.Failure"/> answer, and with an <see cref="ArgumentException"/> when the answer is of another
/// type. Without a time-out, <c>akka.actor.ask-timeout</c> holds, which is infinite by default. Between actors
/// prefer Tell or <c>PipeTo</c>.
/// </remarks>
public static class Futures
{
    public static Task<object> Ask(this ICanTell self, object message, TimeSpan? timeout = null) =>
        self.Ask<object>(message, timeout, CancellationToken.None);

    public static Task<object> Ask(this ICanTell self, object message, CancellationToken cancellationToken) =>
        self.Ask<object>(message, timeout: null, cancellationToken);

    public static Task<object> Ask(
        this ICanTell self, object message, TimeSpan? timeout, CancellationToken cancellationToken) =>
        self.Ask<object>(message, timeout, cancellationToken);

    public static Task<T> Ask<T>(this ICanTell self, object message, TimeSpan? timeout = null) =>
        self.Ask<T>(message, timeout, CancellationToken.None);

    public static Task<T> Ask<T>(this ICanTell self, object message, CancellationToken cancellationToken) =>
        self.Ask<T>(message, timeout: null, cancellationToken);

    public static Task<T> Ask<T>(
        this ICanTell self, object message, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        var future = Begin<T>(self, timeout, cancellationToken);
        self.Tell(message, future);
        return future.Task;
    }

    /// <summary>For protocols whose messages carry the reference to answer to.</summary>
    public static Task<T> Ask<T>(
        this ICanTell self, Func<IActorRef, object> messageFactory, TimeSpan? timeout,
        CancellationToken cancellationToken)
    {
        var future = Begin<T>(self, timeout, cancellationToken);
        self.Tell(messageFactory(future), future);
        return future.Task;
    }

    private static FutureActorRef<T> Begin<T>(ICanTell self, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        var system = SystemOf(self)
            ?? throw new ArgumentException("Unable to resolve the target Provider", nameof(self));
        var future = new FutureActorRef<T>(system);
        future.Limit(timeout ?? system.Settings.AskTimeout, cancellationToken);
        return future;
    }

    private static ActorSystemImpl? SystemOf(ICanTell target) => target switch
    {
        ActorSelection selection => SystemOf(selection.Anchor),
        IInternalActorRef { System: { } system } => system,
        _ => ActorCell.Current?.SystemImpl,
    };
}
