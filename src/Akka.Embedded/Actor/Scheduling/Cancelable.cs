// A handle that cancels what was scheduled with it. The token is made only for those who ask for it.
namespace Akka.Actor;

/// <summary>Cancels once and for all.</summary>
public interface ICancelable
{
    bool IsCancellationRequested { get; }
    CancellationToken Token { get; }

    void Cancel();
    void Cancel(bool throwOnFirstException);
    void CancelAfter(TimeSpan delay);
    void CancelAfter(int millisecondsDelay);
}

/// <summary>Shorter ways to cancel.</summary>
public static class CancelableExtensions
{
    public static void CancelIfNotNull(this ICancelable? cancelable) => cancelable?.Cancel();
}

/// <summary>The common <see cref="ICancelable"/>. Thread-safe.</summary>
public class Cancelable : ICancelable, IDisposable
{
    private readonly IActionScheduler _scheduler;
    private CancellationTokenSource? _source;
    private volatile bool _isCancelled;

    public Cancelable(IActionScheduler scheduler) => _scheduler = scheduler;

    public Cancelable(IScheduler scheduler)
        : this(scheduler.Advanced)
    {
    }

    public Cancelable(IScheduler scheduler, TimeSpan delay)
        : this(scheduler) => CancelAfter(delay);

    public Cancelable(IScheduler scheduler, int millisecondsDelay)
        : this(scheduler) => CancelAfter(millisecondsDelay);

    public bool IsCancellationRequested => _isCancelled;
    public bool IsDisposed { get; private set; }

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

    /// <summary>One that is cancelled from the beginning.</summary>
    public static ICancelable CreateCanceled() => new Cancelable((IActionScheduler)null!) { _isCancelled = true };

    public void Cancel() => Cancel(throwOnFirstException: false);

    public void Cancel(bool throwOnFirstException)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        _isCancelled = true;
        Interlocked.MemoryBarrier();    // Either we see the source that Token made, or Token sees that we cancelled.
        _source?.Cancel(throwOnFirstException);
    }

    public void CancelAfter(TimeSpan delay)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (!_isCancelled)
        {
            _scheduler.ScheduleOnce(delay, Cancel, this);
        }
    }

    public void CancelAfter(int millisecondsDelay) => CancelAfter(TimeSpan.FromMilliseconds(millisecondsDelay));

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        IsDisposed = true;
        _source?.Dispose();
    }
}
