using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using DmIo.Actors;

namespace DmIo.Simulation;

/// <summary>
/// The service in an actor system of its own, whose threads and time are the <see cref="Agenda"/>'s, from its start to
/// its end or its crash. What an actor fails with unasked is a broken promise.
/// </summary>
internal sealed class SimulatedProcess
{
    private const string Configuration = """
        akka {
          loglevel = ERROR
          stdout-loglevel = OFF
          log-dead-letters = off
          loggers = []
          scheduler.implementation = "DmIo.Simulation.SimulatedScheduler, DmIo.Simulation"
          coordinated-shutdown.run-by-clr-shutdown-hook = off
          coordinated-shutdown.run-by-actor-system-terminate = off
          actor.default-dispatcher.type = "DmIo.Simulation.SimulatedDispatcherConfigurator, DmIo.Simulation"
          actor.internal-dispatcher.type = "DmIo.Simulation.SimulatedDispatcherConfigurator, DmIo.Simulation"
        }
        """;

    private static readonly Config Basis = ConfigurationFactory.ParseString(Configuration);

    private readonly ActorSystem system;
    private readonly ServiceCounters counters;
    private readonly Action<IThreadPoolWorkItem> background;

    internal SimulatedProcess(Oracle oracle, RunPlan plan)
    {
        Oracle = oracle;
        background = plan.Settings.Background;
        var throughput = ConfigurationFactory.ParseString(
            $"akka.actor.default-dispatcher.throughput = {plan.Throughput}");
        system = ActorSystem.Create("simulation", throughput.WithFallback(Basis));
        counters = new ServiceCounters(system.Scheduler);
        Directory = new DeviceDirectory();
        Supervisor = system.ActorOf(SupervisorActor.Props(plan.Settings, Directory, counters), "dmio");
        var errors = NewEar(message => HearError((Error)message));
        system.EventStream.Subscribe(errors, typeof(Error));
    }

    internal Oracle Oracle { get; }

    internal DeviceDirectory Directory { get; }

    internal IActorRef Supervisor { get; }

    internal IActorRef NewEar(Action<object> hear) => system.ActorOf(Props.Create(() => new Ear(hear)));

    internal void Spawn(ClientOpening opening, string name) => ((ExtendedActorSystem)system).SystemActorOf(
        ClientActor.Props(opening, Supervisor, background, system.Log), name);

    /// <summary>It ended at once, so that what lay in its mailboxes was in nobody's hands.</summary>
    internal bool MayHaveLostMessages { get; private set; }

    /// <summary>The service ends: by itself, or with the actor system.</summary>
    internal void End(Random random)
    {
        if (random.Next(2) == 0)
        {
            Supervisor.Tell(random.Next(2) == 0 ? Kill.Instance : PoisonPill.Instance, ActorRefs.NoSender);
        }
        else
        {
            MayHaveLostMessages = true;
            _ = system.Terminate();
        }
    }

    /// <summary>Nothing of it will happen any more; its counters are the real process's.</summary>
    internal void Abandon() => counters.Stop();

    private void HearError(Error error) => Oracle.Require(
        error.Cause is null or ActorKilledException or CallersException, $"an actor failed: {error.Cause}");
}
