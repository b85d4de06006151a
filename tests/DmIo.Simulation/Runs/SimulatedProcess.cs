using Akka;
using Akka.Actor;
using Akka.Event;
using DmIo.Actors.Client;
using DmIo.Actors.Protocol;
using DmIo.TestKit.Simulation;

namespace DmIo.Simulation;

/// <summary>
/// A process with the service, as an application has it: an actor system with a configuration, and
/// <see cref="DmIoService.For"/>. Its threads and its time are a <see cref="SimulatedRuntime"/>'s, from its start to
/// its end or its crash. An actor that fails without cause breaks a promise.
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
        var errors = NewEar(message => HearError((Error)message));
        system.EventStream.Subscribe(errors, typeof(Error));
    }

    internal Oracle Oracle { get; }

    internal DmIoService Service { get; }

    internal IActorRef Supervisor => Service.Supervisor;

    /// <summary>It ended at once, so that what lay in its mailboxes was in nobody's hands.</summary>
    internal bool MayHaveLostMessages { get; private set; }

    internal IActorRef NewEar(Action<object> hear) => system.ActorOf(Props.Create(() => new Ear(hear)));

    /// <summary>Calls the service from a thread of the application's. It has begun when this returns, or begins
    /// later.</summary>
    internal Task<T> Call<T>(Func<DmIoService, Task<T>> call) => runtime.RunAsync(() => call(Service));

    /// <summary>The same; what comes of it is told as the service tells it in a message.</summary>
    internal void Call<T>(Func<DmIoService, Task<T>> call, Action<T?, string?> hear)
        where T : class => _ = Call(async service =>
    {
        try
        {
            hear(await call(service), null);
        }
        catch (IoRefusedException refused)
        {
            hear(null, refused.Message);
        }
        catch (Exception failed)
        {
            Oracle.Require(false, $"a call of the service failed: {failed}");
        }

        return Done.Instance;
    });

    /// <summary>The service ends: by itself, with the actor system all at once, or in good order.</summary>
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

    /// <summary>Akka.NET's coordinated shutdown, which drains the service and ends the actor system.</summary>
    internal Task<Done> ShutDown() =>
        runtime.RunAsync(() => CoordinatedShutdown.Get(system).Run(CoordinatedShutdown.UnknownReason.Instance));

    /// <summary>The actor system has ended.</summary>
    internal bool HasEnded => system.WhenTerminated.IsCompleted;

    /// <summary>Nothing of it will happen any more; its counters are the real process's.</summary>
    internal void Abandon() => Service.Counters.Stop();

    private void HearError(Error error) => Oracle.Require(
        error.Cause is null or ActorKilledException or CallersException, $"an actor failed: {error.Cause}");
}
