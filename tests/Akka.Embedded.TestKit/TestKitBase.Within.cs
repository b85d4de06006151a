// Time limits: a block with a limit passes it on to the expectations inside it; every limit is stretched (dilated)
// by akka.test.timefactor.

namespace Akka.TestKit;

public abstract partial class TestKitBase
{
    private static readonly TimeSpan GraceOfAnAsyncBlock = TimeSpan.FromMilliseconds(200);

    /// <summary>What is left in the enclosing Within, or the default limit of one expectation.</summary>
    public TimeSpan RemainingOrDefault => RemainingOr(Dilated(TestKitSettings.SingleExpectDefault));

    /// <summary>What is left in the enclosing Within.</summary>
    public TimeSpan Remaining => _end is null
        ? throw new InvalidOperationException("Remaining may not be called outside of \"within\"")
        : RemainingOr(TimeSpan.Zero);

    public TimeSpan RemainingOrDilated(TimeSpan? duration)
        => duration is null ? RemainingOrDefault : Dilated(duration.Value);

    /// <summary>The time multiplied by the time factor.</summary>
    public TimeSpan Dilated(TimeSpan duration)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, TimeSpan.Zero);
        return duration * TestKitSettings.TestTimeFactor;
    }

    /// <summary>Runs the block, which must not take longer than this.</summary>
    public void Within(
        TimeSpan max, Action action, TimeSpan? epsilonValue = null, CancellationToken cancellationToken = default)
        => Within(TimeSpan.Zero, max, action, hint: null, epsilonValue, cancellationToken);

    public T Within<T>(
        TimeSpan max, Func<T> function, TimeSpan? epsilonValue = null, CancellationToken cancellationToken = default)
        => Within(TimeSpan.Zero, max, function, hint: null, epsilonValue, cancellationToken);

    /// <summary>Runs the block, which must take at least and at most so long.</summary>
    public void Within(
        TimeSpan min,
        TimeSpan max,
        Action action,
        string? hint = null,
        TimeSpan? epsilonValue = null,
        CancellationToken cancellationToken = default)
        => Within<object?>(
            min,
            max,
            () =>
            {
                action();
                return null;
            },
            hint,
            epsilonValue,
            cancellationToken);

    public T Within<T>(
        TimeSpan min,
        TimeSpan max,
        Func<T> function,
        string? hint = null,
        TimeSpan? epsilonValue = null,
        CancellationToken cancellationToken = default)
        => Wait(Limit(AsTask(function), new Limits(min, Dilated(max), hint, epsilonValue), cancellationToken));

    public Task WithinAsync(
        TimeSpan max,
        Func<Task> actionAsync,
        TimeSpan? epsilonValue = null,
        CancellationToken cancellationToken = default)
        => WithinAsync(TimeSpan.Zero, max, actionAsync, hint: null, epsilonValue, cancellationToken);

    public Task<T> WithinAsync<T>(
        TimeSpan max,
        Func<Task<T>> function,
        TimeSpan? epsilonValue = null,
        CancellationToken cancellationToken = default)
        => WithinAsync(TimeSpan.Zero, max, function, hint: null, epsilonValue, cancellationToken);

    public Task WithinAsync(
        TimeSpan min,
        TimeSpan max,
        Func<Task> actionAsync,
        string? hint = null,
        TimeSpan? epsilonValue = null,
        CancellationToken cancellationToken = default)
        => WithinAsync<object?>(
            min,
            max,
            async () =>
            {
                await actionAsync();
                return null;
            },
            hint,
            epsilonValue,
            cancellationToken);

    public Task<T> WithinAsync<T>(
        TimeSpan min,
        TimeSpan max,
        Func<Task<T>> function,
        string? hint = null,
        TimeSpan? epsilonValue = null,
        CancellationToken cancellationToken = default)
        => Limit(function, new Limits(min, Dilated(max), hint, epsilonValue), cancellationToken);

    protected TimeSpan RemainingOr(TimeSpan duration) => _end is { } end ? NotNegative(end - Now) : duration;

    private async Task<T> Limit<T>(Func<Task<T>> function, Limits limits, CancellationToken cancellationToken)
    {
        var start = Now;
        var outerEnd = _end;
        var limit = Shorter(limits.Max, outerEnd is null ? TimeSpan.MaxValue : outerEnd.Value - start);
        if (limit < limits.Min)
        {
            throw Failure.Of($"Required min time {limits.Min} not possible, only {limit} left. {limits.Hint}");
        }

        _lastExpectedNothing = false;
        _end = start + limit;
        T result;
        try
        {
            var running = function();
            result = running.IsCompleted
                ? await running
                : await running.WaitAsync(limits.Max + GraceOfAnAsyncBlock, cancellationToken);
        }
        catch (TimeoutException) when (Now - start > limits.Max)
        {
            throw Failure.Of($"Failed: Block took {Now - start}, exceeding {limit}. {limits.Hint}");
        }
        finally
        {
            _end = outerEnd;
        }

        CheckElapsed(Now - start, limit, limits);
        return result;
    }

    private void CheckElapsed(TimeSpan elapsed, TimeSpan limit, Limits limits)
    {
        if (elapsed < limits.Min)
        {
            throw Failure.Of(
                $"Failed: Block took {elapsed}, should have at least been {limits.Min}. {limits.Hint}");
        }

        // A block that ends with an expectation of silence takes all its time: that is no failure.
        if (!_lastExpectedNothing && elapsed > limit + (limits.Epsilon ?? TimeSpan.Zero))
        {
            throw Failure.Of($"Failed: Block took {elapsed}, exceeding {limit}. {limits.Hint}");
        }
    }

    private sealed record Limits(TimeSpan Min, TimeSpan Max, string? Hint, TimeSpan? Epsilon);
}
