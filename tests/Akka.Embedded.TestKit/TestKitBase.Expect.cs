// Expecting messages: of a type, equal to one, holding a predicate, passing assertions; and expecting none.

using Akka.Actor;
using Xunit;

namespace Akka.TestKit;

public abstract partial class TestKitBase
{
    /// <summary>The next message, which must be of the type and come within the time (3 s by default).</summary>
    public T ExpectMsg<T>(
        TimeSpan? duration = null, string? hint = null, CancellationToken cancellationToken = default)
        => Wait(Expect<T>(static (_, _) => { }, duration, hint, blocking: true, cancellationToken));

    public ValueTask<T> ExpectMsgAsync<T>(
        TimeSpan? duration = null, string? hint = null, CancellationToken cancellationToken = default)
        => new(Expect<T>(static (_, _) => { }, duration, hint, blocking: false, cancellationToken));

    public T ExpectMsg<T>(
        T message, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default)
        => Wait(Expect(Equal(message), timeout, hint, blocking: true, cancellationToken));

    public ValueTask<T> ExpectMsgAsync<T>(
        T message, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default)
        => new(Expect(Equal(message), timeout, hint, blocking: false, cancellationToken));

    public T ExpectMsg<T>(
        Predicate<T> isMessage,
        TimeSpan? timeout = null,
        string? hint = null,
        CancellationToken cancellationToken = default)
        => Wait(Expect(Holds(isMessage, hint), timeout, hint, blocking: true, cancellationToken));

    public ValueTask<T> ExpectMsgAsync<T>(
        Predicate<T> isMessage,
        TimeSpan? timeout = null,
        string? hint = null,
        CancellationToken cancellationToken = default)
        => new(Expect(Holds(isMessage, hint), timeout, hint, blocking: false, cancellationToken));

    public T ExpectMsg<T>(
        Action<T> assert, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default)
        => Wait(Expect<T>((message, _) => assert(message), timeout, hint, blocking: true, cancellationToken));

    public ValueTask<T> ExpectMsgAsync<T>(
        Action<T> assert, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default)
        => new(Expect<T>((message, _) => assert(message), timeout, hint, blocking: false, cancellationToken));

    public T ExpectMsg<T>(
        Func<T, IActorRef, bool> isMessageAndSender,
        TimeSpan? timeout = null,
        string? hint = null,
        CancellationToken cancellationToken = default)
        => Wait(Expect(Holds(isMessageAndSender, hint), timeout, hint, blocking: true, cancellationToken));

    public ValueTask<T> ExpectMsgAsync<T>(
        Func<T, IActorRef, bool> isMessageAndSender,
        TimeSpan? timeout = null,
        string? hint = null,
        CancellationToken cancellationToken = default)
        => new(Expect(Holds(isMessageAndSender, hint), timeout, hint, blocking: false, cancellationToken));

    public T ExpectMsg<T>(
        Action<T, IActorRef> assertMessageAndSender,
        TimeSpan? timeout = null,
        string? hint = null,
        CancellationToken cancellationToken = default)
        => Wait(Expect(assertMessageAndSender, timeout, hint, blocking: true, cancellationToken));

    public ValueTask<T> ExpectMsgAsync<T>(
        Action<T, IActorRef> assertMessageAndSender,
        TimeSpan? timeout = null,
        string? hint = null,
        CancellationToken cancellationToken = default)
        => new(Expect(assertMessageAndSender, timeout, hint, blocking: false, cancellationToken));

    /// <summary>The next message must be the news that the actor, which the test watches, is dead.</summary>
    public Terminated ExpectTerminated(
        IActorRef target,
        TimeSpan? timeout = null,
        string? hint = null,
        CancellationToken cancellationToken = default)
        => Wait(Expect(IsOf(target), timeout, $"Terminated {target}. {hint}", blocking: true, cancellationToken));

    public ValueTask<Terminated> ExpectTerminatedAsync(
        IActorRef target,
        TimeSpan? timeout = null,
        string? hint = null,
        CancellationToken cancellationToken = default)
        => new(Expect(IsOf(target), timeout, $"Terminated {target}. {hint}", blocking: false, cancellationToken));

    /// <summary>No message within the time that is left (3 s by default).</summary>
    public void ExpectNoMsg(CancellationToken cancellationToken = default)
        => Wait(ExpectNone(RemainingOrDefault, blocking: true, cancellationToken));

    public void ExpectNoMsg(TimeSpan duration, CancellationToken cancellationToken = default)
        => Wait(ExpectNone(Dilated(duration), blocking: true, cancellationToken));

    public void ExpectNoMsg(int milliseconds, CancellationToken cancellationToken = default)
        => Wait(ExpectNone(TimeSpan.FromMilliseconds(milliseconds), blocking: true, cancellationToken));

    public ValueTask ExpectNoMsgAsync(CancellationToken cancellationToken = default)
        => new(ExpectNone(RemainingOrDefault, blocking: false, cancellationToken));

    public ValueTask ExpectNoMsgAsync(TimeSpan duration, CancellationToken cancellationToken = default)
        => new(ExpectNone(Dilated(duration), blocking: false, cancellationToken));

    public ValueTask ExpectNoMsgAsync(int milliseconds, CancellationToken cancellationToken = default)
        => new(ExpectNone(TimeSpan.FromMilliseconds(milliseconds), blocking: false, cancellationToken));

    /// <summary>The next message must be one of these.</summary>
    public T ExpectMsgAnyOf<T>(IEnumerable<T> messages, CancellationToken cancellationToken = default)
        => ExpectMsg<T>(
            message => messages.Contains(message),
            hint: $"one of ({string.Join(',', messages)})",
            cancellationToken: cancellationToken);

    /// <summary>The next messages must be these, in any order; returned as they came.</summary>
    public IReadOnlyCollection<T> ExpectMsgAllOf<T>(params T[] messages)
        => CheckAllOf(messages, ReceiveN(messages.Length));

    public IReadOnlyCollection<T> ExpectMsgAllOf<T>(TimeSpan max, params T[] messages)
        => CheckAllOf(messages, ReceiveN(messages.Length, max));

    private static T[] CheckAllOf<T>(T[] messages, IReadOnlyCollection<object> received)
    {
        var missing = messages.ToList();
        var unexpected = received.Where(message => message is not T typed || !missing.Remove(typed)).ToList();
        return missing.Count + unexpected.Count == 0
            ? received.Cast<T>().ToArray()
            : throw Failure.Of(
                $"not found [{string.Join(", ", missing)}] found unexpected [{string.Join(", ", unexpected)}]");
    }

    private static Action<T, IActorRef> Equal<T>(T expected)
        => (message, _) => Assert.Equal(expected, message);

    private static Action<Terminated, IActorRef> IsOf(IActorRef target)
        => (terminated, _) => Assert.Equal(target, terminated.ActorRef);

    private static Action<T, IActorRef> Holds<T>(Predicate<T> isMessage, string? hint)
        => Holds<T>((message, _) => isMessage(message), hint);

    private static Action<T, IActorRef> Holds<T>(Func<T, IActorRef, bool> isMessageAndSender, string? hint)
        => (message, sender) => Assert.True(
            isMessageAndSender(message, sender),
            $"Got a message of the expected type <{typeof(T).FullName}> from {sender}. Also expected " +
            $"{hint ?? "the predicate to return true"} but the message {{{message}}} did not match");

    private async Task<T> Expect<T>(
        Action<T, IActorRef> assert,
        TimeSpan? timeout,
        string? hint,
        bool blocking,
        CancellationToken cancellationToken)
    {
        var limit = RemainingOrDilated(timeout);
        var envelope = await Take(limit, blocking, cancellationToken) ?? throw Failure.Of(
            $"Failed: Timeout {limit} while waiting for a message of type {typeof(T)} {hint}");
        if (envelope.Message is not T message)
        {
            throw Failure.Of(
                $"Failed: Expected a message of type {typeof(T)}, but received {{{envelope.Message}}} " +
                $"(type {envelope.Message.GetType()}) instead {hint} from {envelope.Sender}");
        }

        assert(message, envelope.Sender);
        return message;
    }

    private async Task ExpectNone(TimeSpan duration, bool blocking, CancellationToken cancellationToken)
    {
        var start = Now;
        if (await Take(duration, blocking, cancellationToken) is { } envelope)
        {
            throw Failure.Of(
                $"Failed: Expected no messages during {duration}, instead we received {envelope} after {Now - start}");
        }

        _lastExpectedNothing = true;
    }

    private static T Wait<T>(Task<T> task) => task.GetAwaiter().GetResult();

    private static void Wait(Task task) => task.GetAwaiter().GetResult();
}
