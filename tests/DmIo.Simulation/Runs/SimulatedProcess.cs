using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using DmIo.Actors;
using static DmIo.Actors.GuardianProtocol;

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
          actor.default-dispatcher.type = "DmIo.Simulation.SimulatedDispatcherConfigurator, DmIo.Simulation"
          actor.internal-dispatcher.type = "DmIo.Simulation.SimulatedDispatcherConfigurator, DmIo.Simulation"
        }
        """;

    private static readonly Config Basis = ConfigurationFactory.ParseString(Configuration);

    private readonly ActorSystem system;
    private readonly ServiceCounters counters;
    private readonly IActorRef clients;

    internal SimulatedProcess(Oracle oracle, RunPlan plan)
    {
        Oracle = oracle;
        var throughput = ConfigurationFactory.ParseString(
            $"akka.actor.default-dispatcher.throughput = {plan.Throughput}");
        system = ActorSystem.Create("simulation", throughput.WithFallback(Basis));
        counters = new ServiceCounters(system.Scheduler);
        Directory = new DeviceDirectory();
        Supervisor = system.ActorOf(SupervisorActor.Props(plan.Settings, Directory, counters), "dmio");
        clients = ((ExtendedActorSystem)system).SystemActorOf(GuardianActor.Props(), "dmio-clients");
        var errors = NewEar((message, _) => HearError((Error)message));
        system.EventStream.Subscribe(errors, typeof(Error));
    }

    internal Oracle Oracle { get; }

    internal DeviceDirectory Directory { get; }

    internal IActorRef Supervisor { get; }

    internal IActorRef NewEar(Action<object, IActorRef> hear) => system.ActorOf(Props.Create(() => new Ear(hear)));

    internal IActorRef NewEar(Action<object> hear) => NewEar((message, _) => hear(message));

    internal void Spawn(ClientOpening opening, string name) => clients.Tell(
        new Spawn(ClientActor.Props(opening, Supervisor, system.Log), name, opening), ActorRefs.NoSender);

    /// <summary>Nothing of it will happen any more; its counters are the real process's.</summary>
    internal void Abandon() => counters.Stop();

    private void HearError(Error error) => Oracle.Require(
        error.Cause is null or ActorKilledException or CallersException, $"an actor failed: {error.Cause}");
}
