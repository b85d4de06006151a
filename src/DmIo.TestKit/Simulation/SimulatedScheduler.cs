using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;

namespace DmIo.TestKit.Simulation;

/// <summary>The scheduler of a simulated actor system, with the time of the <see cref="SimulatedRuntime"/>.</summary>
internal sealed class SimulatedScheduler(Config config, ILoggingAdapter log) : SchedulerBase(config, log)
{
    internal SimulatedRuntime Runtime { get; } = SimulatedRuntime.Starting;

    public override TimeSpan MonotonicClock => Runtime.Now;

    public override TimeSpan HighResMonotonicClock => Runtime.Now;

    protected override DateTimeOffset TimeNow => Runtime.Time.GetUtcNow();

    protected override void InternalScheduleTellOnce(
        TimeSpan delay, ICanTell receiver, object message, IActorRef? sender, ICancelable? cancelable) =>
        Once(delay, () => receiver.Tell(message, sender!), cancelable);

    protected override void InternalScheduleTellRepeatedly(
        TimeSpan initialDelay,
        TimeSpan interval,
        ICanTell receiver,
        object message,
        IActorRef? sender,
        ICancelable? cancelable) =>
        Repeatedly(initialDelay, interval, () => receiver.Tell(message, sender!), cancelable);

    protected override void InternalScheduleOnce(TimeSpan delay, Action action, ICancelable? cancelable) =>
        Once(delay, InRuntime(action), cancelable);

    protected override void InternalScheduleOnce(TimeSpan delay, IRunnable action, ICancelable? cancelable) =>
        Once(delay, InRuntime(action.Run), cancelable);

    protected override void InternalScheduleRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, Action action, ICancelable? cancelable) =>
        Repeatedly(initialDelay, interval, InRuntime(action), cancelable);

    protected override void InternalScheduleRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, IRunnable action, ICancelable? cancelable) =>
        Repeatedly(initialDelay, interval, InRuntime(action.Run), cancelable);

    /// <summary>Akka.NET's own timeouts complete tasks in their actions: their continuations must not run on the thread
    /// pool.</summary>
    private Action InRuntime(Action action) => () => Runtime.RunNow(action);

    private void Once(TimeSpan delay, Action action, ICancelable? cancelable) => Runtime.After(delay, () =>
    {
        if (cancelable?.IsCancellationRequested != true)
        {
            action();
        }
    });

    private void Repeatedly(TimeSpan initialDelay, TimeSpan interval, Action action, ICancelable? cancelable) => Once(
        initialDelay,
        () =>
        {
            action();
            Repeatedly(interval, interval, action, cancelable);
        },
        cancelable);
}
