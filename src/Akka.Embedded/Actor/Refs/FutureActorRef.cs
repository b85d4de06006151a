// The reference behind one Ask: the first message that it is told completes the task, anything later is a
// dead letter. Its path is made only when somebody looks at it. The task's continuations never run on the
// thread of the one who answers. Timer and cancellation are let go of when the task completes.
using Akka.Actor.Internal;

namespace Akka.Actor;

internal sealed class FutureActorRef<T>(ActorSystemImpl system) : TemporaryActorRef(system)
{
    private readonly TaskCompletionSource<T> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TimeSpan _timeout;
    private Timer? _timer;
    private CancellationTokenRegistration _cancellation;

    internal Task<T> Task => _result.Task;
    private protected override bool IsGone => _result.Task.IsCompleted;

    internal void Limit(TimeSpan timeout, CancellationToken cancellation)
    {
        if (timeout > TimeSpan.Zero)
        {
            var timer = new Timer(static state => ((FutureActorRef<T>)state!).TimeOut(), this, -1, -1);
            _timeout = timeout;
            _timer = timer;
            timer.Change(timeout, System.Threading.Timeout.InfiniteTimeSpan);
        }

        if (cancellation.CanBeCanceled)
        {
            _cancellation = cancellation.UnsafeRegister(
                static (state, token) => ((FutureActorRef<T>)state!)._result.TrySetCanceled(token), this);
        }
    }

    private void TimeOut()
    {
        if (_result.TrySetException(new AskTimeoutException($"Timeout after {_timeout.TotalSeconds:F2} seconds")))
        {
            Release();
        }
    }

    public override void Tell(object message, IActorRef? sender)
    {
        var accepted = message switch
        {
            T answer => _result.TrySetResult(answer),
            null => _result.TrySetResult(default!),
            Status.Failure failure => _result.TrySetException(
                failure.Cause ?? new TaskCanceledException("Task cancelled by actor via Failure message.")),
            _ => RefuseType(message),
        };
        Release();
        if (!accepted && !_result.Task.IsCanceled)
        {
            OwnSystem.DeadLetters.Tell(message!, this);
        }
    }

    private bool RefuseType(object message)
    {
#pragma warning disable MA0015 // Akka.NET's text: it is the answer that does not fit, not a parameter.
        _result.TrySetException(new ArgumentException(
            $"Received message of type [{message.GetType()}] - Ask expected message of type [{typeof(T)}]"));
#pragma warning restore MA0015
        return false;
    }

    private void Release()
    {
        _timer?.Dispose();
        _cancellation.Unregister();
    }
}
