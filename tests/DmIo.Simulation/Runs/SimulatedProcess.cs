using Akka;
using Akka.Actor;
using Akka.Event;
using DmIo.Actors.Client;
using DmIo.Actors.Protocol;
using DmIo.TestKit.Simulation;

namespace DmIo.Simulation;

/// <summary>
/// A process with the service, as an application has it: an actor system with a configuration, and
/// <see cref="DmIoService.For"/>. <see cref="SimulatedRuntime"/> provides its threads and its time. An actor that fails
/// without a cause violates a guarantee.
/// </summary>
internal sealed class SimulatedProcess
{
    private readonly ActorSystem system;
    private readonly SimulatedRuntime runtime;

    internal SimulatedProcess(Oracle oracle, RunPlan plan, SimulatedRuntime runtime)
    {
        Oracle = oracle;
        this.runtime = runtime;
        system = runtime.CreateSystem("simulation", plan.Config);
        Service = DmIoService.For(system);
        var errors = NewReceiver(message => OnError((Error)message));
        system.EventStream.Subscribe(errors, typeof(Error));
    }

    internal Oracle Oracle { get; }

    internal DmIoService Service { get; }

    internal IActorRef Supervisor => Service.Supervisor;

    /// <summary>The actor system was terminated at once, so messages in mailboxes may be lost.</summary>
    internal bool MayHaveLostMessages { get; private set; }

    internal IActorRef NewReceiver(Action<object> receive) => system.ActorOf(Props.Create(() => new Receiver(receive)));

    /// <summary>Calls the service as from a thread of the application. The call can begin after this method has
    /// returned.</summary>
    internal Task<T> Call<T>(Func<DmIoService, Task<T>> call) => runtime.RunAsync(() => call(Service));

    /// <summary>Calls the service, and passes on the result or the text of the refusal.</summary>
    internal void Call<T>(Func<DmIoService, Task<T>> call, Action<T?, string?> receive)
        where T : class => _ = Call(async service =>
    {
        try
        {
            receive(await call(service), null);
        }
        catch (IoRefusedException refused)
        {
            receive(null, refused.Message);
        }
        catch (Exception failed)
        {
            Oracle.Require(false, $"a call of the service failed: {failed}");
        }

        return Done.Instance;
    });

    /// <summary>Ends the service: the supervisor dies, the actor system terminates, or a coordinated shutdown
    /// runs.</summary>
    internal void End(Random random)
    {
        switch (random.Next(4))
        {
            case 0:
                Supervisor.Tell(Kill.Instance, ActorRefs.NoSender);
                break;
            case 1:
                Supervisor.Tell(PoisonPill.Instance, ActorRefs.NoSender);
                break;
            case 2:
                MayHaveLostMessages = true;
                _ = runtime.RunAsync(system.Terminate);
                break;
            default:
                MayHaveLostMessages = true;
                _ = ShutDown();
                break;
        }
    }

    /// <summary>Runs Akka.NET's coordinated shutdown, which drains the service and terminates the actor
    /// system.</summary>
    internal Task<Done> ShutDown() =>
        runtime.RunAsync(() => CoordinatedShutdown.Get(system).Run(CoordinatedShutdown.UnknownReason.Instance));

    /// <summary>The actor system has terminated.</summary>
    internal bool HasEnded => system.WhenTerminated.IsCompleted;

    /// <summary>Unregisters the counters of the service, which belong to the real process.</summary>
    internal void Abandon() => Service.Counters.Stop();

    private void OnError(Error error) => Oracle.Require(
        error.Cause is null or ActorKilledException or CallerException, $"an actor failed: {error.Cause}");
}
