// A handle that cancels what was scheduled with it. The token is made only for those who ask for it.
namespace Akka.Actor;

/// <summary>Cancels once and for all.</summary>
public interface ICancelable
{
    bool IsCancellationRequested { get; }
    CancellationToken Token { get; }

    void Cancel();
    void CancelAfter(TimeSpan delay);
}

/// <summary>The common <see cref="ICancelable"/>. Thread-safe.</summary>
public sealed class Cancelable(IScheduler scheduler) : ICancelable, IDisposable
{
    private CancellationTokenSource? _source;
    private volatile bool _isCancelled;
    private bool _isDisposed;

    public bool IsCancellationRequested => _isCancelled;

    public CancellationToken Token
    {
        get
        {
            if (_source is null)
            {
                Interlocked.CompareExchange(ref _source, new CancellationTokenSource(), null);
            }

            if (_isCancelled)
            {
                _source.Cancel();
            }

            return _source.Token;
        }
    }

    public void Cancel()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _isCancelled = true;
        Interlocked.MemoryBarrier();    // Either we see the source that Token made, or Token sees that we cancelled.
        _source?.Cancel();
    }

    public void CancelAfter(TimeSpan delay)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (!_isCancelled)
        {
            scheduler.Advanced.ScheduleOnce(delay, Cancel, this);
        }
    }

    public void Dispose()
    {
        _isDisposed = true;
        _source?.Dispose();
    }
}
