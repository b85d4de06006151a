using System.Collections.Concurrent;
using Akka;
using Akka.Actor;
using Akka.Configuration;
using Xunit;

namespace DmIo.Actors.Tests.Runtime;

/// <summary>What the product takes for granted of the end of an ActorSystem, and an upgrade could change.</summary>
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

    /// <summary>NbdServer stops in service-unbind, DmIoService after it, in a phase that the configuration may
    /// declare.</summary>
    [Fact]
    public async Task Tasks_run_in_the_order_of_the_phases_those_of_the_configuration_included()
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

    /// <summary>ClientActor and SupervisorWatch live under /system: when they stop, the request actors have answered
    /// all that they accepted.</summary>
    [Fact]
    public async Task Actors_of_the_system_stop_after_those_of_the_user()
    {
        var system = NewSystem();
        ((ExtendedActorSystem)system).SystemActorOf(Noting("system"), "last");
        system.ActorOf(Noting("user"));

        await system.Terminate().InTime();

        Assert.Equal(["user", "system"], events);
    }

    /// <summary>SupervisorActor: its PostStop disposes of the pool, of which request and device actors have
    /// pages.</summary>
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

    /// <summary>IoClient tells from any thread, and DeviceIo from the threads of devices, whatever became of the
    /// receiver and its dispatcher.</summary>
    [Theory]
    [InlineData("akka.actor.default-dispatcher")]
    [InlineData("own")]
    public async Task Tell_does_not_throw_while_the_system_ends_nor_after_that(string dispatcher)
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
