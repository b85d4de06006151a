// The order in which a system is taken down: phases, each after those it depends on, with the tasks that users
// registered for them; the last phase ends the actors. A phase's tasks run together and may take its time-out;
// a task that fails or is late is logged, and the shutdown goes on unless the phase says recover = off.
// Runs once, whoever asks.
using System.Collections.Concurrent;
using Akka.Configuration;
using Akka.Event;

namespace Akka.Actor;

/// <summary>Takes an actor system down in an orderly way.</summary>
public sealed class CoordinatedShutdown : IExtension
{
    public const string PhaseBeforeServiceUnbind = "before-service-unbind";
    public const string PhaseServiceUnbind = "service-unbind";
    public const string PhaseServiceRequestsDone = "service-requests-done";
    public const string PhaseServiceStop = "service-stop";
    public const string PhaseBeforeActorSystemTerminate = "before-actor-system-terminate";
    public const string PhaseActorSystemTerminate = "actor-system-terminate";

    private readonly ShutdownPhases _phases;
    private readonly ILoggingAdapter _log;
    private readonly ConcurrentDictionary<string, ConcurrentQueue<(string Name, Func<Task<Done>> Run)>> _tasks = new();
    private readonly TaskCompletionSource<Done> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Reason? _reason;

    internal CoordinatedShutdown(ExtendedActorSystem system)
    {
        System = system;
        _log = Logging.GetLogger(system, this);
        var config = system.Settings.Config.GetConfig("akka.coordinated-shutdown")
            ?? throw new ConfigurationException("akka.coordinated-shutdown config cannot be empty");
        _phases = new ShutdownPhases(config);
        if (system.Settings.CoordinatedShutdownTerminateActorSystem)
        {
            AddTask(PhaseActorSystemTerminate, "terminate-system", async () =>
            {
                await system.FinalTerminate().ConfigureAwait(false);
                return Done.Instance;
            });
        }

        if (config.GetBoolean("run-by-clr-shutdown-hook"))
        {
            RunAtProcessExit();
        }
    }

    public ExtendedActorSystem System { get; }

    /// <summary>Why it was begun; null while it was not.</summary>
    public Reason ShutdownReason => _reason!;

    /// <summary>The sum of the time-outs of all phases that have tasks.</summary>
    public TimeSpan TotalTimeout =>
        _tasks.Keys.Aggregate(TimeSpan.Zero, (total, phase) => total + _phases.Find(phase).Timeout);

    public static CoordinatedShutdown Get(ActorSystem sys) =>
        sys.WithExtension<CoordinatedShutdown, CoordinatedShutdownExtension>();

    /// <summary>Adds a task to a phase. Tasks of one phase run together.</summary>
    /// <exception cref="ConfigurationException">The configuration knows no such phase.</exception>
    public void AddTask(string phase, string taskName, Func<Task<Done>> task)
    {
        _phases.Find(phase);
        _tasks.GetOrAdd(phase, _ => new()).Enqueue((taskName, task));
    }

    /// <summary>Runs the phases, from the given one on. The first call counts; all calls get the same task.</summary>
    public Task<Done> Run(Reason reason, string? fromPhase = null)
    {
        if (Interlocked.CompareExchange(ref _reason, reason, null) is null)
        {
            _ = RunPhases(fromPhase);
        }

        return _done.Task;
    }

    private async Task RunPhases(string? fromPhase)
    {
        try
        {
            foreach (var phase in _phases.InOrder(fromPhase))
            {
                if (_tasks.TryGetValue(phase.Name, out var tasks))
                {
                    await RunPhase(phase, [.. tasks]).ConfigureAwait(false);
                }
            }

            _done.TrySetResult(Done.Instance);
        }
        catch (Exception cause)
        {
            _done.TrySetException(cause);
        }
    }

    private async Task RunPhase(ShutdownPhase phase, (string Name, Func<Task<Done>> Run)[] tasks)
    {
        _log.Debug("Performing phase [{0}] with [{1}] tasks.", phase.Name, tasks.Length);
        var late = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var timer = new Cancelable(System.Scheduler);
        System.Scheduler.Advanced.ScheduleOnce(phase.Timeout, () => late.TrySetResult(), timer);
        var all = Task.WhenAll(tasks.Select(task => RunTask(phase, task.Name, task.Run)));
        if (await Task.WhenAny(all, late.Task).ConfigureAwait(false) == all)
        {
            timer.Cancel();
            await all.ConfigureAwait(false);
        }
        else if (phase.Recover)
        {
            _log.Warning("Coordinated shutdown phase [{0}] timed out after {1}", phase.Name, phase.Timeout);
        }
        else
        {
            throw new TimeoutException($"Coordinated shutdown phase[{phase.Name}] timed out after {phase.Timeout}");
        }
    }

    private async Task RunTask(ShutdownPhase phase, string name, Func<Task<Done>> run)
    {
        try
        {
            await run().ConfigureAwait(false);
        }
        catch (Exception cause) when (phase.Recover)
        {
            _log.Warning("Task [{0}] failed in phase [{1}]: {2}", name, phase.Name, cause.Message);
        }
    }

    private void RunAtProcessExit()
    {
        EventHandler hook = (_, _) => Run(ClrExitReason.Instance).Wait(TotalTimeout);
        AppDomain.CurrentDomain.ProcessExit += hook;
        System.RegisterOnTermination(() => AppDomain.CurrentDomain.ProcessExit -= hook);
    }

    /// <summary>Why a shutdown was begun.</summary>
    public class Reason
    {
        protected Reason()
        {
        }
    }

    public class UnknownReason : Reason
    {
        public static readonly Reason Instance = new UnknownReason();
    }

    /// <summary>Somebody called <see cref="ActorSystem.Terminate"/>.</summary>
    public class ActorSystemTerminateReason : Reason
    {
        public static readonly Reason Instance = new ActorSystemTerminateReason();
    }

    /// <summary>The process is about to exit.</summary>
    public class ClrExitReason : Reason
    {
        public static readonly Reason Instance = new ClrExitReason();
    }
}

/// <summary>Names <see cref="CoordinatedShutdown"/>.</summary>
public sealed class CoordinatedShutdownExtension : ExtensionIdProvider<CoordinatedShutdown>
{
    public override CoordinatedShutdown CreateExtension(ExtendedActorSystem system) => new(system);
}
