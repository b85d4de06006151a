// A latch that a test waits on until actors have counted it down.

namespace Akka.TestKit;

/// <summary>Opens when it was counted down as often as it was made for.</summary>
public sealed class TestLatch
{
    private readonly CountdownEvent _count;
    private readonly TimeSpan _defaultTimeout;
    private readonly Func<TimeSpan, TimeSpan> _dilated;

    public TestLatch(int count = 1)
        : this(static timeout => timeout, count, TimeSpan.FromSeconds(5))
    {
    }

    internal TestLatch(Func<TimeSpan, TimeSpan> dilated, int count, TimeSpan defaultTimeout)
    {
        _count = new CountdownEvent(count);
        _dilated = dilated;
        _defaultTimeout = defaultTimeout;
    }

    public bool IsOpen => _count.IsSet;

    public void CountDown() => _count.Signal();

    /// <summary>Counts down all that is left.</summary>
    public void Open()
    {
        while (!IsOpen)
        {
            CountDown();
        }
    }

    /// <summary>Shuts it again, at its first count.</summary>
    public void Reset() => _count.Reset();

    /// <exception cref="TimeoutException">It did not open within the default time.</exception>
    public void Ready() => Ready(_defaultTimeout);

    /// <exception cref="TimeoutException">It did not open in time.</exception>
    public void Ready(TimeSpan timeout)
    {
        if (!_count.Wait(_dilated(timeout)))
        {
            throw new TimeoutException($"Timeout of {timeout}");
        }
    }
}
