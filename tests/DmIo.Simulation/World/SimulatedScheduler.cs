using Akka.Actor;
using Akka.Configuration;
using Akka.Event;

namespace DmIo.Simulation;

/// <summary>Time as the actors of a simulated process see it: the <see cref="Agenda"/>'s.</summary>
public sealed class SimulatedScheduler(Config config, ILoggingAdapter log) : SchedulerBase(config, log)
{
    private readonly Agenda agenda = Agenda.Current;

    /// <inheritdoc/>
    public override TimeSpan MonotonicClock => agenda.Now;

    /// <inheritdoc/>
    public override TimeSpan HighResMonotonicClock => agenda.Now;

    /// <inheritdoc/>
    protected override DateTimeOffset TimeNow => DateTimeOffset.UnixEpoch + agenda.Now;

    /// <inheritdoc/>
    protected override void InternalScheduleTellOnce(
        TimeSpan delay, ICanTell receiver, object message, IActorRef? sender, ICancelable? cancelable) =>
        InternalScheduleOnce(delay, () => receiver.Tell(message, sender!), cancelable);

    /// <inheritdoc/>
    protected override void InternalScheduleTellRepeatedly(
        TimeSpan initialDelay,
        TimeSpan interval,
        ICanTell receiver,
        object message,
        IActorRef? sender,
        ICancelable? cancelable) =>
        InternalScheduleRepeatedly(initialDelay, interval, () => receiver.Tell(message, sender!), cancelable);

    /// <inheritdoc/>
    protected override void InternalScheduleOnce(TimeSpan delay, Action action, ICancelable? cancelable) =>
        agenda.After(delay, () =>
        {
            if (cancelable?.IsCancellationRequested != true)
            {
                action();
            }
        });

    /// <inheritdoc/>
    protected override void InternalScheduleRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, Action action, ICancelable? cancelable) =>
        InternalScheduleOnce(
            initialDelay,
            () =>
            {
                action();
                InternalScheduleRepeatedly(interval, interval, action, cancelable);
            },
            cancelable);
}
