// Waiting until an assertion or a condition holds. They are tried every 10 ms unless told otherwise (Akka: 100 ms).

namespace Akka.TestKit;

public abstract partial class TestKitBase
{
    private static readonly TimeSpan DefaultInterval = TimeSpan.FromMilliseconds(10);

    /// <summary>Tries until the assertion throws nothing; when time is over, throws what it threw last.</summary>
    public void AwaitAssert(
        Action assertion,
        TimeSpan? duration = null,
        TimeSpan? interval = null,
        CancellationToken cancellationToken = default)
        => Wait(Retry(AsTask(assertion), duration, interval, blocking: true, cancellationToken));

    public Task AwaitAssertAsync(
        Action assertion,
        TimeSpan? duration = null,
        TimeSpan? interval = null,
        CancellationToken cancellationToken = default)
        => Retry(AsTask(assertion), duration, interval, blocking: false, cancellationToken);

    public Task AwaitAssertAsync(
        Func<Task> assertion,
        TimeSpan? duration = null,
        TimeSpan? interval = null,
        CancellationToken cancellationToken = default)
        => Retry(assertion, duration, interval, blocking: false, cancellationToken);

    /// <summary>Waits until the condition is true, within the time that is left (3 s by default).</summary>
    public void AwaitCondition(Func<bool> conditionIsFulfilled, CancellationToken cancellationToken = default)
        => AwaitCondition(conditionIsFulfilled, max: null, interval: null, message: null, cancellationToken);

    public void AwaitCondition(
        Func<bool> conditionIsFulfilled, TimeSpan? max, CancellationToken cancellationToken = default)
        => AwaitCondition(conditionIsFulfilled, max, interval: null, message: null, cancellationToken);

    public void AwaitCondition(
        Func<bool> conditionIsFulfilled,
        TimeSpan? max,
        TimeSpan? interval,
        string? message = null,
        CancellationToken cancellationToken = default)
        => Wait(Poll(AsTask(conditionIsFulfilled), max, interval, message, blocking: true, cancellationToken));

    public Task AwaitConditionAsync(
        Func<Task<bool>> conditionIsFulfilled, CancellationToken cancellationToken = default)
        => Poll(conditionIsFulfilled, max: null, interval: null, message: null, blocking: false, cancellationToken);

    public Task AwaitConditionAsync(
        Func<Task<bool>> conditionIsFulfilled, TimeSpan? max, CancellationToken cancellationToken = default)
        => Poll(conditionIsFulfilled, max, interval: null, message: null, blocking: false, cancellationToken);

    public Task AwaitConditionAsync(
        Func<Task<bool>> conditionIsFulfilled,
        TimeSpan? max,
        TimeSpan? interval,
        string? message = null,
        CancellationToken cancellationToken = default)
        => Poll(conditionIsFulfilled, max, interval, message, blocking: false, cancellationToken);

    private async Task Retry(
        Func<Task> assertion,
        TimeSpan? duration,
        TimeSpan? interval,
        bool blocking,
        CancellationToken cancellationToken)
    {
        var stop = Now + RemainingOrDilated(duration);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                await assertion();
                return;
            }
            catch (Exception) when (Now < stop)
            {
                // Tried again: an assertion may throw whatever it likes.
            }

            await Pause(stop, interval, blocking, cancellationToken);
        }
    }

    private async Task Poll(
        Func<Task<bool>> condition,
        TimeSpan? max,
        TimeSpan? interval,
        string? message,
        bool blocking,
        CancellationToken cancellationToken)
    {
        var limit = RemainingOrDilated(max);
        var stop = Now + limit;
        while (!await condition())
        {
            if (Now >= stop)
            {
                throw Failure.Of($"Timeout {limit} expired while waiting for condition.{message}");
            }

            await Pause(stop, interval, blocking, cancellationToken);
        }
    }

    private static Task Pause(TimeSpan stop, TimeSpan? interval, bool blocking, CancellationToken cancellationToken)
    {
        var pause = NotNegative(Shorter(stop - Now, interval ?? DefaultInterval));
        if (!blocking)
        {
            return Task.Delay(pause, cancellationToken);
        }

        cancellationToken.WaitHandle.WaitOne(pause);
        return Task.CompletedTask;
    }

    private static Func<Task> AsTask(Action action) => () =>
    {
        action();
        return Task.CompletedTask;
    };

    private static Func<Task<T>> AsTask<T>(Func<T> function) => () => Task.FromResult(function());
}
