// Taking messages from the test actor's queue. Every way comes twice, blocking and to be awaited, over one
// implementation: where it blocks, its task is complete when it is returned.

namespace Akka.TestKit;

public abstract partial class TestKitBase
{
    /// <summary>The next message, or null when none came within the time (3 s by default).</summary>
    public object? ReceiveOne(TimeSpan? max = null, CancellationToken cancellationToken = default)
        => Wait(Take(max ?? TestKitSettings.SingleExpectDefault, blocking: true, cancellationToken))?.Message;

    public async ValueTask<object?> ReceiveOneAsync(
        TimeSpan? max = null, CancellationToken cancellationToken = default)
        => (await Take(max ?? TestKitSettings.SingleExpectDefault, blocking: false, cancellationToken))?.Message;

    /// <summary>The next so many messages, within the time that is left (3 s by default).</summary>
    public IReadOnlyCollection<object> ReceiveN(int numberOfMessages, CancellationToken cancellationToken = default)
        => Wait(ReceiveMany(numberOfMessages, RemainingOrDefault, blocking: true, cancellationToken));

    public IReadOnlyCollection<object> ReceiveN(
        int numberOfMessages, TimeSpan max, CancellationToken cancellationToken = default)
        => ReceiveMany(numberOfMessages, Dilated(max), blocking: true, cancellationToken).GetAwaiter().GetResult();

    /// <summary>Takes messages while they come and the predicate holds; leaves the first that it refuses.</summary>
    public IReadOnlyList<T> ReceiveWhile<T>(
        Predicate<T> shouldContinue,
        TimeSpan? max = null,
        TimeSpan? idle = null,
        int msgs = int.MaxValue,
        bool shouldIgnoreOtherMessageTypes = true,
        CancellationToken cancellationToken = default)
    {
        var taken = new List<T>();
        var stop = Now + RemainingOrDilated(max);
        while (taken.Count < msgs)
        {
            var wait = Shorter(stop - Now, idle ?? TimeSpan.MaxValue);
            var next = _queue.Peek(NotNegative(wait), blocking: true, cancellationToken).GetAwaiter().GetResult();
            var fits = next?.Message is T message && shouldContinue(message);
            if (next is null || (!fits && (next.Message is T || !shouldIgnoreOtherMessageTypes)))
            {
                break;
            }

            Take(TimeSpan.Zero, blocking: true, cancellationToken).GetAwaiter().GetResult();
            if (fits)
            {
                taken.Add((T)next.Message);
            }
        }

        _lastExpectedNothing = true;
        return taken;
    }

    /// <summary>Drops messages until one matches, and returns that.</summary>
    public object FishForMessage(
        Predicate<object> isMessage,
        TimeSpan? max = null,
        string hint = "",
        CancellationToken cancellationToken = default)
        => FishForMessage<object>(isMessage, max, hint, cancellationToken);

    public T FishForMessage<T>(
        Predicate<T> isMessage,
        TimeSpan? max = null,
        string hint = "",
        CancellationToken cancellationToken = default)
        => Fish(isMessage, max, hint, blocking: true, cancellationToken).GetAwaiter().GetResult();

    public ValueTask<object> FishForMessageAsync(
        Predicate<object> isMessage,
        TimeSpan? max = null,
        string hint = "",
        CancellationToken cancellationToken = default)
        => FishForMessageAsync<object>(isMessage, max, hint, cancellationToken);

    public ValueTask<T> FishForMessageAsync<T>(
        Predicate<T> isMessage,
        TimeSpan? max = null,
        string hint = "",
        CancellationToken cancellationToken = default)
        => new(Fish(isMessage, max, hint, blocking: false, cancellationToken));

    private async Task<T> Fish<T>(
        Predicate<T> isMessage, TimeSpan? max, string hint, bool blocking, CancellationToken cancellationToken)
    {
        var limit = RemainingOrDilated(max);
        var end = Now + limit;
        while (true)
        {
            var caught = await Take(end - Now, blocking, cancellationToken);
            if (caught is null)
            {
                var ending = hint.Length == 0 ? "" : ", hint: " + hint;
                throw Failure.Of($"Timeout ({limit}) during fishForMessage{ending}");
            }

            if (caught.Message is T message && isMessage(message))
            {
                return message;
            }
        }
    }

    private async Task<List<object>> ReceiveMany(
        int count, TimeSpan limit, bool blocking, CancellationToken cancellationToken)
    {
        var end = Now + limit;
        var taken = new List<object>();
        while (taken.Count < count)
        {
            var next = await Take(end - Now, blocking, cancellationToken) ?? throw Failure.Of(
                $"Timeout ({limit}) while expecting {count} messages. Only got {taken.Count} after {limit}.");
            taken.Add(next.Message);
        }

        return taken;
    }

    private async Task<MessageEnvelope?> Take(TimeSpan limit, bool blocking, CancellationToken cancellationToken)
    {
        var taken = await _queue.Take(NotNegative(limit), blocking, cancellationToken);
        _last = taken;
        _lastExpectedNothing = false;
        return taken;
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static TimeSpan NotNegative(TimeSpan time)
        => time < TimeSpan.Zero && time != Timeout.InfiniteTimeSpan ? TimeSpan.Zero : time;
}
