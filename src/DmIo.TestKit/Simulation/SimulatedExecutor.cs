using Akka.Configuration;
using Akka.Dispatch;

namespace DmIo.TestKit.Simulation;

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
