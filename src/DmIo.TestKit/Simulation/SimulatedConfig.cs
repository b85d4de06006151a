using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;
using DmIo.Actors.Configuration;

namespace DmIo.TestKit.Simulation;

/// <summary>The configuration of an actor system in a <see cref="SimulatedRuntime"/>.</summary>
internal static class SimulatedConfig
{
    private static readonly Config Fixed = ConfigurationFactory.ParseString($"""
        akka {"{"}
          scheduler.implementation = "{typeof(SimulatedScheduler).AssemblyQualifiedName}"
          log-dead-letters-during-shutdown = off
          coordinated-shutdown.run-by-clr-shutdown-hook = off
        {"}"}
        """);

    private static readonly Config Defaults = ConfigurationFactory.ParseString("""
        akka {
          loggers = []
          stdout-loglevel = OFF
          log-dead-letters = off
        }
        """);

    private static readonly string[] AkkaDispatchers =
        [Dispatchers.DefaultDispatcherId, "akka.actor.internal-dispatcher"];

    /// <summary>Combines, in order of precedence: the simulation's settings, the test's, the defaults.</summary>
    internal static Config Create(Config config, IEnumerable<string> dispatchers)
    {
        var service = config.WithFallback(DmIoSettings.Reference).GetString("dmio.dispatcher");
        var paths = AkkaDispatchers.Concat(dispatchers).Concat(string.IsNullOrEmpty(service) ? [] : [service]);
        var executors = string.Join('\n', paths.Distinct(StringComparer.Ordinal).Select(path => $"""
            {path} {"{"}
              type = Dispatcher
              executor = "{typeof(SimulatedExecutorConfigurator).AssemblyQualifiedName}"
              throughput-deadline-time = 0ms
            {"}"}
            """));
        return ConfigurationFactory.ParseString(executors).WithFallback(Fixed).WithFallback(config)
            .WithFallback(Defaults);
    }
}

/// <summary>Creates the executor of a dispatcher, by its name in the configuration.</summary>
internal sealed class SimulatedExecutorConfigurator(Config config, IDispatcherPrerequisites prerequisites)
    : ExecutorServiceConfigurator(config, prerequisites)
{
    public override ExecutorService Produce(string id) =>
        new SimulatedExecutor(id, ((SimulatedScheduler)Prerequisites.Scheduler).Runtime);

    /// <summary>Runs mailboxes as steps of the runtime.</summary>
    private sealed class SimulatedExecutor(string id, SimulatedRuntime runtime) : ExecutorService(id)
    {
        public override void Execute(IRunnable run) => runtime.Queue(run);

        public override void Shutdown()
        {
            // A dispatcher can get another actor after its last one has stopped.
        }
    }
}

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
