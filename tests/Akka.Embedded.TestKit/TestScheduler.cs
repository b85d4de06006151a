// A scheduler whose time stands still until the test moves it. What is due then runs on the test's thread, in the
// order of its times; a repetition is due once per move, and then again one interval after where the move ended.

using Akka.Actor;
using Akka.Configuration;
using Akka.Event;

namespace Akka.TestKit;

/// <summary>Set by <c>akka.scheduler.implementation = "Akka.TestKit.TestScheduler, Akka.TestKit"</c>.</summary>
public sealed class TestScheduler : SchedulerBase
{
    private readonly Lock _lock = new();
    private readonly List<Item> _items = [];
    private DateTimeOffset _now = DateTimeOffset.UtcNow;

    public TestScheduler(Config schedulerConfig, ILoggingAdapter log)
        : base(schedulerConfig, log)
    {
    }

    /// <summary>The test's time.</summary>
    public DateTimeOffset Now => TimeNow;

    public IAdvancedScheduler Advanced => this;

    public override TimeSpan MonotonicClock => TimeNow - DateTimeOffset.UnixEpoch;

    public override TimeSpan HighResMonotonicClock => MonotonicClock;

    protected override DateTimeOffset TimeNow
    {
        get
        {
            lock (_lock)
            {
                return _now;
            }
        }
    }

    /// <summary>Moves time and runs what is due by then.</summary>
    public void Advance(TimeSpan offset)
    {
        foreach (var item in TakeDue(offset))
        {
            if (item.Cancelable?.IsCancellationRequested != true)
            {
                item.Run();
            }

            // Asked again: what ran may have cancelled it.
            if (item.Interval is { } interval && item.Cancelable?.IsCancellationRequested != true)
            {
                Add(interval, interval, item.Run, item.Cancelable);
            }
        }
    }

    /// <summary>Moves time to a point that is not in the past.</summary>
    public void AdvanceTo(DateTimeOffset when)
    {
        var offset = when - TimeNow;
        if (offset < TimeSpan.Zero)
        {
            throw new InvalidOperationException("You can't reverse time...");
        }

        Advance(offset);
    }

    protected override void InternalScheduleTellOnce(
        TimeSpan delay, ICanTell receiver, object message, IActorRef? sender, ICancelable? cancelable)
        => Add(delay, interval: null, () => receiver.Tell(message, sender), cancelable);

    protected override void InternalScheduleTellRepeatedly(
        TimeSpan initialDelay,
        TimeSpan interval,
        ICanTell receiver,
        object message,
        IActorRef? sender,
        ICancelable? cancelable)
        => Add(initialDelay, interval, () => receiver.Tell(message, sender), cancelable);

    protected override void InternalScheduleOnce(TimeSpan delay, Action action, ICancelable? cancelable)
        => Add(delay, interval: null, action, cancelable);

    protected override void InternalScheduleRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, Action action, ICancelable? cancelable)
        => Add(initialDelay, interval, action, cancelable);

    private List<Item> TakeDue(TimeSpan offset)
    {
        lock (_lock)
        {
            _now += offset;
            var due = _items.Where(item => item.Due <= _now).OrderBy(item => item.Due).ToList(); // A stable order.
            _items.RemoveAll(item => item.Due <= _now);
            return due;
        }
    }

    private void Add(TimeSpan delay, TimeSpan? interval, Action run, ICancelable? cancelable)
    {
        lock (_lock)
        {
            _items.Add(new Item(_now + delay, interval, run, cancelable));
        }
    }

    private sealed record Item(DateTimeOffset Due, TimeSpan? Interval, Action Run, ICancelable? Cancelable);
}
