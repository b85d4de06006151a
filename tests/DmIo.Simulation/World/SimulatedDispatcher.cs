using Akka.Configuration;
using Akka.Dispatch;

namespace DmIo.Simulation;

/// <summary>Makes the dispatcher from its section of the configuration.</summary>
public sealed class SimulatedDispatcherConfigurator(Config config) : MessageDispatcherConfigurator(config)
{
    private SimulatedDispatcher? dispatcher;

    /// <inheritdoc/>
    public override MessageDispatcher Dispatcher() => dispatcher ??= new SimulatedDispatcher(this);
}

/// <summary>Runs actors when the <see cref="Agenda"/> draws them, as many messages at a time as it likes.</summary>
internal sealed class SimulatedDispatcher : MessageDispatcher
{
    private readonly Agenda agenda = Agenda.Current;

    internal SimulatedDispatcher(MessageDispatcherConfigurator configurator)
        : base(configurator) => Throughput = configurator.Config.GetInt("throughput");

    protected override void ExecuteTask(IRunnable run) => agenda.Add(run);
}
