// The default scheduler: a wheel of buckets, one per tick, on a thread of its own, so that timers fire even when
// the thread pool is full. An entry lies in the bucket of its tick and counts the turns of the wheel; cancelled
// entries are thrown out as the wheel passes, so they live for one turn at most. Nothing fires early; everything
// may fire one tick late. The thread begins with the first entry and waits without ticking while there is none.
using System.Diagnostics;
using Akka.Configuration;
using Akka.Event;

namespace Akka.Actor;

/// <summary>Schedules by <c>akka.scheduler.tick-duration</c> and <c>ticks-per-wheel</c>.</summary>
public sealed class HashedWheelTimerScheduler : SchedulerBase, IDisposable
{
    private readonly object _lock = new();
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly List<Entry>[] _wheel;
    private readonly TimeSpan _tickDuration;
    private readonly List<Entry> _due = [];
    private Thread? _thread;
    private long _tick;             // The next tick to be worked off.
    private int _count;
    private bool _isShutDown;

    public HashedWheelTimerScheduler(Config scheduler, ILoggingAdapter log)
        : base(scheduler, log)
    {
        var ticksPerWheel = scheduler.GetInt("akka.scheduler.ticks-per-wheel", 512);
        _tickDuration = scheduler.GetTimeSpan("akka.scheduler.tick-duration", TimeSpan.FromMilliseconds(10));
        if (ticksPerWheel < 1 || _tickDuration < TimeSpan.FromMilliseconds(1))
        {
            throw new ConfigurationException(
                $"akka.scheduler.ticks-per-wheel ({ticksPerWheel}) must be 1 or more, and " +
                $"akka.scheduler.tick-duration ({_tickDuration}) one millisecond or more.");
        }

        _wheel = new List<Entry>[ticksPerWheel];
        for (var i = 0; i < _wheel.Length; i++)
        {
            _wheel[i] = [];
        }
    }

    public override TimeSpan MonotonicClock => Stopwatch.GetElapsedTime(_start);
    public override TimeSpan HighResMonotonicClock => MonotonicClock;
    protected override DateTimeOffset TimeNow => DateTimeOffset.UtcNow;

    protected override void InternalScheduleTellOnce(
        TimeSpan delay, ICanTell receiver, object message, IActorRef? sender, ICancelable? cancelable) =>
        Add(delay, interval: null, new Entry(receiver, message, sender, cancelable));

    protected override void InternalScheduleTellRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef? sender,
        ICancelable? cancelable) =>
        Add(initialDelay, interval, new Entry(receiver, message, sender, cancelable));

    protected override void InternalScheduleOnce(TimeSpan delay, Action action, ICancelable? cancelable) =>
        Add(delay, interval: null, new Entry(receiver: null, action, sender: null, cancelable));

    protected override void InternalScheduleRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, Action action, ICancelable? cancelable) =>
        Add(initialDelay, interval, new Entry(receiver: null, action, sender: null, cancelable));

    /// <summary>Drops what is scheduled and ends the thread.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _isShutDown = true;
            Monitor.Pulse(_lock);
        }
    }

    private void Add(TimeSpan delay, TimeSpan? interval, Entry entry)
    {
        if (entry.IsCancelled)
        {
            return;
        }

        entry.Due = MonotonicClock + delay;
        entry.Interval = interval;
        lock (_lock)
        {
            if (_isShutDown)
            {
                throw new SchedulerException("cannot enqueue after timer shutdown");
            }

            Place(entry);
            if (_thread is null)
            {
                _thread = new Thread(Turn) { IsBackground = true, Name = "scheduler" };
                _thread.Start();
            }
            else if (_count == 1)
            {
                Monitor.Pulse(_lock);
            }
        }
    }

    private void Place(Entry entry)
    {
        if (_count++ == 0)
        {
            _tick = TickOf(MonotonicClock);     // The wheel stood still; what it passed over was empty.
        }

        entry.Tick = Math.Max(TickOf(entry.Due) + 1, _tick);
        _wheel[entry.Tick % _wheel.Length].Add(entry);
    }

    private long TickOf(TimeSpan time) => time.Ticks / _tickDuration.Ticks;

    private void Turn()
    {
        while (WaitForNextTick())
        {
            foreach (var entry in _due)
            {
                Fire(entry);
            }
        }
    }

    /// <summary>Waits, without the lock's cost to others, until entries are due; false at the shutdown.</summary>
    private bool WaitForNextTick()
    {
        lock (_lock)
        {
            foreach (var entry in _due)
            {
                if (entry.Interval is { } interval && !entry.IsCancelled)
                {
                    entry.Due += interval;
                    Place(entry);
                }
            }

            _due.Clear();
            while (!_isShutDown && _due.Count == 0)
            {
                var wait = _count == 0
                    ? System.Threading.Timeout.InfiniteTimeSpan
                    : (_tickDuration * _tick) - MonotonicClock;
                if (_count == 0 || wait > TimeSpan.Zero)
                {
                    // Monitor counts whole milliseconds; a part of one would be a busy wait.
                    Monitor.Wait(_lock, _count == 0 ? -1 : (int)Math.Ceiling(wait.TotalMilliseconds));
                }
                else
                {
                    TakeDue(_wheel[_tick % _wheel.Length]);
                    _tick++;
                }
            }

            return !_isShutDown;
        }
    }

    private void TakeDue(List<Entry> bucket)
    {
        var kept = 0;
        for (var i = 0; i < bucket.Count; i++)
        {
            var entry = bucket[i];
            if (entry.IsCancelled)
            {
                _count--;
            }
            else if (entry.Tick <= _tick)
            {
                _count--;
                _due.Add(entry);
            }
            else
            {
                bucket[kept++] = entry;
            }
        }

        bucket.RemoveRange(kept, bucket.Count - kept);
    }

    private void Fire(Entry entry)
    {
        try
        {
            entry.Fire();
        }
        catch (Exception cause)
        {
            Log.Error(cause, "A scheduled action failed");
        }
    }

    private sealed class Entry(ICanTell? receiver, object messageOrAction, IActorRef? sender, ICancelable? cancelable)
    {
        internal TimeSpan Due;
        internal TimeSpan? Interval;
        internal long Tick;

        internal bool IsCancelled => cancelable is { IsCancellationRequested: true };

        internal void Fire()
        {
            if (IsCancelled)
            {
                return;
            }

            if (receiver is null)
            {
                ((Action)messageOrAction)();
            }
            else
            {
                receiver.Tell(messageOrAction, sender);
            }
        }
    }
}
