using System.Collections.Concurrent;
using Akka;
using Akka.Actor;
using Akka.Configuration;
using Xunit;

namespace DmIo.Actors.Tests.Runtime;

/// <summary>Behavior at the end of an ActorSystem that the product depends on and that an upgrade could
/// change.</summary>
public sealed class ShutdownTests
{
    private const string Quiet = """
        akka {
          loglevel = OFF
          stdout-loglevel = OFF
          log-dead-letters = off
        }

        """;

    private readonly ConcurrentQueue<string> events = new();

    /// <summary>NbdServer stops in service-unbind, DmIoService later, in a phase that the configuration may
    /// declare.</summary>
    [Fact]
    public async Task Tasks_run_in_the_order_of_phases_including_configured_ones()
    {
        var system = NewSystem("""
            akka.coordinated-shutdown.phases {
              own { depends-on = [before-actor-system-terminate] }
              actor-system-terminate { depends-on = [own] }
            }
            """);
        var shutdown = CoordinatedShutdown.Get(system);
        string[] phases =
        [
            "own", CoordinatedShutdown.PhaseBeforeActorSystemTerminate,
            CoordinatedShutdown.PhaseServiceRequestsDone, CoordinatedShutdown.PhaseServiceUnbind,
        ];
        foreach (var phase in phases)
        {
            shutdown.AddTask(phase, "note", () =>
            {
                events.Enqueue(phase);
                return Task.FromResult(Done.Instance);
            });
        }

        system.ActorOf(ScriptedActor.Props((_, _) => { }, () => events.Enqueue("stopped")));

        await system.Terminate().InTime();

        Assert.Equal([.. phases.Reverse(), "stopped"], events);
    }

    /// <summary>ClientActor and SupervisorWatch run under /system: when they stop, the request actors have answered all
    /// accepted requests.</summary>
    [Fact]
    public async Task System_actors_stop_after_user_actors()
    {
        var system = NewSystem();
        ((ExtendedActorSystem)system).SystemActorOf(Noting("system"), "last");
        system.ActorOf(Noting("user"));

        await system.Terminate().InTime();

        Assert.Equal(["user", "system"], events);
    }

    /// <summary>SupervisorActor: its PostStop disposes the pool, whose pages request and device actors use.</summary>
    [Fact]
    public async Task An_actor_ends_after_its_children()
    {
        var system = NewSystem();
        var parent = system.ActorOf(ScriptedActor.Props(
            (context, _) =>
            {
                context.ActorOf(Noting("child"));
                context.Sender.Tell("born");
            },
            () => events.Enqueue("parent")));
        await parent.Ask<string>("begin").InTime();

        await system.Terminate().InTime();

        Assert.Equal(["child", "parent"], events);
    }

    /// <summary>IoClient calls Tell from any thread, and DeviceIo from threads of devices, in any state of the receiver
    /// and its dispatcher.</summary>
    [Theory]
    [InlineData("akka.actor.default-dispatcher")]
    [InlineData("own")]
    public async Task Tell_does_not_throw_during_and_after_the_end_of_the_system(string dispatcher)
    {
        var system = NewSystem("""
            own {
              type = Dispatcher
              executor = fork-join-executor
              fork-join-executor {
                parallelism-min = 2
                parallelism-max = 2
              }
            }
            """);
        var actor = system.ActorOf(ScriptedActor.Props((_, _) => { }).WithDispatcher(dispatcher));
        var ended = system.WhenTerminated;
        var telling = Task.Run(() =>
        {
            while (!ended.IsCompleted)
            {
                actor.Tell("while");
            }
        });

        await system.Terminate().InTime();

        await telling.InTime();
        actor.Tell("after");
    }

    private static ActorSystem NewSystem(string hocon = "") =>
        ActorSystem.Create("test", ConfigurationFactory.ParseString(Quiet + hocon));

    private Props Noting(string name) => ScriptedActor.Props((_, _) => { }, () => events.Enqueue(name));
}
