// Counts matching events, on the listener's thread, for a test that waits on its own.

namespace Akka.TestKit;

internal sealed class EventCount
{
    private readonly Lock _lock = new();
    private int _value;
    private int _wanted = int.MaxValue;
    private TaskCompletionSource? _reached;

    internal int Value
    {
        get
        {
            lock (_lock)
            {
                return _value;
            }
        }
    }

    internal void Increment()
    {
        lock (_lock)
        {
            if (++_value >= _wanted)
            {
                _reached?.TrySetResult();
            }
        }
    }

    /// <summary>Waits until so many were counted or time is over.</summary>
    internal Task Reach(int wanted, TimeSpan limit, bool blocking, CancellationToken cancellationToken)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_value >= wanted)
            {
                return Task.CompletedTask;
            }

            _wanted = wanted;
            _reached = reached;
        }

        if (!blocking)
        {
            return Task.WhenAny(reached.Task, Task.Delay(limit, cancellationToken));
        }

        reached.Task.Wait((int)limit.TotalMilliseconds, cancellationToken);
        return Task.CompletedTask;
    }
}
