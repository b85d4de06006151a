// A latch that a test waits on until actors have counted it down.

namespace Akka.TestKit;

/// <summary>Opens when it was counted down as often as it was made for.</summary>
public sealed class TestLatch
{
    private readonly object _gate = new();
    private readonly int _initialCount;
    private readonly TimeSpan _defaultTimeout;
    private readonly Func<TimeSpan, TimeSpan> _dilated;
    private int _count;

    public TestLatch(int count = 1)
        : this(static timeout => timeout, count, TimeSpan.FromSeconds(5))
    {
    }

    internal TestLatch(Func<TimeSpan, TimeSpan> dilated, int count, TimeSpan defaultTimeout)
    {
        _initialCount = count;
        _count = count;
        _dilated = dilated;
        _defaultTimeout = defaultTimeout;
    }

    public bool IsOpen
    {
        get
        {
            lock (_gate)
            {
                return _count == 0;
            }
        }
    }

    /// <exception cref="InvalidOperationException">It is open already.</exception>
    public void CountDown()
    {
        lock (_gate)
        {
            _count = _count > 0 ? _count - 1 : throw new InvalidOperationException("The latch is open already.");
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Counts down all that is left.</summary>
    public void Open() => SetCount(0);

    /// <summary>Shuts it again, at its first count.</summary>
    public void Reset() => SetCount(_initialCount);

    /// <exception cref="TimeoutException">It did not open within the default time.</exception>
    public void Ready() => Ready(_defaultTimeout);

    /// <exception cref="TimeoutException">It did not open in time.</exception>
    public void Ready(TimeSpan timeout)
    {
        var limit = _dilated(timeout);
        var end = Environment.TickCount64 + (long)limit.TotalMilliseconds;
        lock (_gate)
        {
            while (_count > 0)
            {
                var left = end - Environment.TickCount64;
                if (left <= 0 || !Monitor.Wait(_gate, TimeSpan.FromMilliseconds(left)))
                {
                    throw new TimeoutException($"Timeout of {limit}");
                }
            }
        }
    }

    private void SetCount(int count)
    {
        lock (_gate)
        {
            _count = count;
            Monitor.PulseAll(_gate);
        }
    }
}
