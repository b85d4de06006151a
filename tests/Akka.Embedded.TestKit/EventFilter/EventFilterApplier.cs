// Puts filters to work around an action: mutes, runs, waits until the count is reached, unmutes. The listener handles
// muting, events and unmuting in the order in which they are published.

using Akka.Actor;
using Akka.TestKit.TestEvent;

namespace Akka.TestKit;

internal sealed class EventFilterApplier(
    TestKitBase testKit, ActorSystem system, IReadOnlyList<EventFilterBase> filters) : IEventFilterApplier
{
    public EventFilterFactory And => new(testKit, system, filters);

    public void ExpectOne(Action action, CancellationToken cancellationToken = default)
        => Expect(1, action, cancellationToken);

    public void ExpectOne(TimeSpan timeout, Action action, CancellationToken cancellationToken = default)
        => Expect(1, timeout, action, cancellationToken);

    public void Expect(int expectedCount, Action action, CancellationToken cancellationToken = default)
        => Expect(expectedCount, Returning(action), cancellationToken);

    public void Expect(
        int expectedCount, TimeSpan timeout, Action action, CancellationToken cancellationToken = default)
        => Expect(expectedCount, timeout, Returning(action), cancellationToken);

    public T ExpectOne<T>(Func<T> func, CancellationToken cancellationToken = default)
        => Expect(1, func, cancellationToken);

    public T ExpectOne<T>(TimeSpan timeout, Func<T> func, CancellationToken cancellationToken = default)
        => Expect(1, timeout, func, cancellationToken);

    public T Expect<T>(int expectedCount, Func<T> func, CancellationToken cancellationToken = default)
        => Blocking(func, expectedCount, timeout: null, cancellationToken);

    public T Expect<T>(
        int expectedCount, TimeSpan timeout, Func<T> func, CancellationToken cancellationToken = default)
        => Blocking(func, expectedCount, timeout, cancellationToken);

    public Task ExpectOneAsync(Func<Task> actionAsync, CancellationToken cancellationToken = default)
        => ExpectAsync(1, actionAsync, cancellationToken);

    public Task ExpectOneAsync(TimeSpan timeout, Func<Task> action, CancellationToken cancellationToken = default)
        => ExpectAsync(1, timeout, action, cancellationToken);

    public Task ExpectAsync(
        int expectedCount, Func<Task> actionAsync, CancellationToken cancellationToken = default)
        => Intercept(Returning(actionAsync), expectedCount, timeout: null, blocking: false, cancellationToken);

    public Task ExpectAsync(
        int expectedCount, TimeSpan timeout, Func<Task> action, CancellationToken cancellationToken = default)
        => Intercept(Returning(action), expectedCount, timeout, blocking: false, cancellationToken);

    public Task<T> ExpectOneAsync<T>(Func<Task<T>> func, CancellationToken cancellationToken = default)
        => ExpectAsync(1, func, cancellationToken);

    public Task<T> ExpectAsync<T>(
        int expectedCount, Func<Task<T>> func, CancellationToken cancellationToken = default)
        => Intercept(func, expectedCount, timeout: null, blocking: false, cancellationToken);

    public void Mute(Action action, CancellationToken cancellationToken = default)
        => Mute(Returning(action), cancellationToken);

    public T Mute<T>(Func<T> func, CancellationToken cancellationToken = default)
        => Blocking(func, expected: null, timeout: null, cancellationToken);

    public Task MuteAsync(Func<Task> action, CancellationToken cancellationToken = default)
        => MuteAsync(Returning(action), cancellationToken);

    public Task<T> MuteAsync<T>(Func<Task<T>> func, CancellationToken cancellationToken = default)
        => Intercept(func, expected: null, timeout: null, blocking: false, cancellationToken);

    public IUnmutableFilter Mute() => new Muted(system, filters);

    private T Blocking<T>(Func<T> function, int? expected, TimeSpan? timeout, CancellationToken cancellationToken)
        => Intercept(() => Task.FromResult(function()), expected, timeout, blocking: true, cancellationToken)
            .GetAwaiter().GetResult();

    private async Task<T> Intercept<T>(
        Func<Task<T>> function, int? expected, TimeSpan? timeout, bool blocking, CancellationToken cancellationToken)
    {
        var limit = timeout is null ? testKit.TestKitSettings.TestEventFilterLeeway : testKit.Dilated(timeout.Value);
        var count = new EventCount();
        foreach (var filter in filters)
        {
            filter.Matched += count.Increment;
        }

        var muted = Mute();
        try
        {
            var result = await function();
            if (expected is { } wanted)
            {
                await count.Reach(Math.Max(1, wanted), limit, blocking, cancellationToken);
                Judge(count.Value, wanted, limit);
            }

            return result;
        }
        finally
        {
            muted.Unmute();
            foreach (var filter in filters)
            {
                filter.Matched -= count.Increment;
            }
        }
    }

    private void Judge(int received, int expected, TimeSpan limit)
    {
        if (received < expected)
        {
            throw Failure.Of(
                $"Timeout ({limit}) while waiting for messages. Only received {received}/{expected} messages " +
                $"that matched filter [{string.Join(',', filters)}]");
        }

        if (received > expected)
        {
            throw Failure.Of(
                $"Received {Messages(received - expected)} too many. Expected {Messages(expected)} " +
                $"but received {received} that matched filter [{string.Join(',', filters)}]");
        }
    }

    private static string Messages(int number) => number == 1 ? "1 message" : $"{number} messages";

    private static Func<object?> Returning(Action action) => () =>
    {
        action();
        return null;
    };

    private static Func<Task<object?>> Returning(Func<Task> action) => async () =>
    {
        await action();
        return null;
    };

    private sealed class Muted : IUnmutableFilter
    {
        private readonly ActorSystem _system;
        private IReadOnlyList<EventFilterBase>? _filters;

        internal Muted(ActorSystem system, IReadOnlyList<EventFilterBase> filters)
        {
            _system = system;
            _filters = filters;
            system.EventStream.Publish(new Mute(filters));
        }

        public void Unmute()
        {
            if (Interlocked.Exchange(ref _filters, null) is { } filters)
            {
                _system.EventStream.Publish(new Unmute(filters));
            }
        }

        public void Dispose() => Unmute();
    }
}
