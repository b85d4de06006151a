// Coordinated shutdown: tasks by phase, phases in their order, the system terminated last.

using Akka.Actor;
using Akka.Conformance.Tests.Fixtures;
using Xunit;

namespace Akka.Conformance.Tests.Shutdown;

public sealed class CoordinatedShutdownSpecs : Specification
{
    private static readonly TimeSpan Generous = TimeSpan.FromSeconds(30);

    private readonly ActorSystem _system = ActorSystem.Create("shutting-down", """
        akka.loglevel = OFF
        akka.stdout-loglevel = OFF
        akka.coordinated-shutdown.run-by-clr-shutdown-hook = off
        """);

    private readonly List<string> _order = [];

    [Fact]
    public async Task Phases_run_in_their_order_whatever_the_order_of_registration()
    {
        var shutdown = CoordinatedShutdown.Get(_system);
        Add(shutdown, CoordinatedShutdown.PhaseBeforeActorSystemTerminate);
        Add(shutdown, CoordinatedShutdown.PhaseServiceStop);
        Add(shutdown, CoordinatedShutdown.PhaseBeforeServiceUnbind);
        Add(shutdown, CoordinatedShutdown.PhaseServiceRequestsDone);
        Add(shutdown, CoordinatedShutdown.PhaseServiceUnbind);

        await Run(shutdown);

        string[] expected =
        [
            CoordinatedShutdown.PhaseBeforeServiceUnbind,
            CoordinatedShutdown.PhaseServiceUnbind,
            CoordinatedShutdown.PhaseServiceRequestsDone,
            CoordinatedShutdown.PhaseServiceStop,
            CoordinatedShutdown.PhaseBeforeActorSystemTerminate,
        ];
        Assert.Equal(expected, _order);
    }

    [Fact]
    public async Task The_system_is_terminated_at_the_end()
    {
        var shutdown = CoordinatedShutdown.Get(_system);
        var aliveInTask = false;
        shutdown.AddTask(CoordinatedShutdown.PhaseServiceStop, "look", () =>
        {
            aliveInTask = !_system.WhenTerminated.IsCompleted;
            return Task.FromResult(Done.Instance);
        });
        await Run(shutdown);
        await _system.WhenTerminated.WaitAsync(Generous);
        Assert.True(aliveInTask);
    }

    [Fact]
    public async Task Terminating_the_system_runs_the_tasks()
    {
        var shutdown = CoordinatedShutdown.Get(_system);
        Add(shutdown, CoordinatedShutdown.PhaseServiceStop);
        await _system.Terminate().WaitAsync(Generous);
        Assert.Equal([CoordinatedShutdown.PhaseServiceStop], _order);
    }

    [Fact]
    public async Task A_failing_task_does_not_keep_the_later_phases_from_running()
    {
        var shutdown = CoordinatedShutdown.Get(_system);
        shutdown.AddTask(CoordinatedShutdown.PhaseServiceUnbind, "fail",
            () => Task.FromException<Done>(new TestFailureException()));
        Add(shutdown, CoordinatedShutdown.PhaseServiceStop);
        await Run(shutdown);
        Assert.Equal([CoordinatedShutdown.PhaseServiceStop], _order);
    }

    [Fact]
    public async Task It_runs_once()
    {
        var shutdown = CoordinatedShutdown.Get(_system);
        Add(shutdown, CoordinatedShutdown.PhaseServiceStop);
        await Run(shutdown);
        await Run(shutdown);
        Assert.Single(_order);
    }

    [Fact]
    public async Task A_phase_waits_for_its_tasks()
    {
        var shutdown = CoordinatedShutdown.Get(_system);
        var gate = new TaskCompletionSource<Done>(TaskCreationOptions.RunContinuationsAsynchronously);
        var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        shutdown.AddTask(CoordinatedShutdown.PhaseServiceUnbind, "wait", () =>
        {
            waiting.SetResult();
            return gate.Task;
        });
        Add(shutdown, CoordinatedShutdown.PhaseServiceStop);
        var running = Run(shutdown);
        await waiting.Task.WaitAsync(Generous);
        Assert.Empty(_order);
        gate.SetResult(Done.Instance);
        await running;
        Assert.Single(_order);
    }

    protected override void AfterAll() => Shutdown(_system);

    private static Task<Done> Run(CoordinatedShutdown shutdown)
        => shutdown.Run(CoordinatedShutdown.UnknownReason.Instance).WaitAsync(Generous);

    private void Add(CoordinatedShutdown shutdown, string phase) => shutdown.AddTask(phase, "note", () =>
    {
        _order.Add(phase);
        return Task.FromResult(Done.Instance);
    });
}
