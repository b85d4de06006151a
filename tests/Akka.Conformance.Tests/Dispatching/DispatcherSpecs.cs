// Dispatchers by name: the pool's, one pinned to a thread of its own, and the refusal of a name nobody configured.

using Akka.Actor;
using Akka.Configuration;
using Akka.Conformance.Tests.Fixtures;
using Xunit;

namespace Akka.Conformance.Tests.Dispatching;

public sealed class DispatcherSpecs : Specification
{
    public DispatcherSpecs()
        : base("""
            mine {
              type = Dispatcher
              throughput = 7
            }
            pinned.type = PinnedDispatcher
            """)
    {
    }

    [Fact]
    public void An_actor_runs_on_the_default_dispatcher_unless_its_props_name_another()
    {
        Start((context, _) => context.Sender.Tell(context.Dispatcher.Id)).Tell("id");
        ExpectMsg("akka.actor.default-dispatcher");
    }

    [Fact]
    public void An_actor_runs_on_the_dispatcher_that_its_props_name()
    {
        var props = Scripted.By((context, _) => context.Sender.Tell(context.Dispatcher.Id));
        Sys.ActorOf(props.WithDispatcher("mine")).Tell("id");
        ExpectMsg("mine");
    }

    [Fact]
    public void A_dispatcher_is_configured_by_its_section()
    {
        var dispatcher = Sys.Dispatchers.Lookup("mine");
        Assert.Equal("mine", dispatcher.Id);
        Assert.Equal(7, dispatcher.Throughput);
        Assert.Same(dispatcher, Sys.Dispatchers.Lookup("mine"));
    }

    [Fact]
    public void An_unknown_dispatcher_is_a_configuration_error()
    {
        var props = Scripted.By((_, _) => { }).WithDispatcher("nobody-configured-this");
        Assert.Throws<ConfigurationException>(() => Sys.ActorOf(props));
        Assert.False(Sys.Dispatchers.HasDispatcher("nobody-configured-this"));
        Assert.True(Sys.Dispatchers.HasDispatcher("mine"));
    }

    [Fact]
    public void A_pinned_actor_stays_on_one_thread_outside_the_pool()
    {
        var props = Scripted.By((context, _) => context.Sender.Tell(
            (Environment.CurrentManagedThreadId, Thread.CurrentThread.IsThreadPoolThread)));
        var actor = Sys.ActorOf(props.WithDispatcher("pinned"));
        var threads = new HashSet<int>();
        for (var message = 0; message < 20; message++)
        {
            actor.Tell(message);
            var (thread, pooled) = ExpectMsg<(int, bool)>();
            Assert.False(pooled);
            threads.Add(thread);
        }

        Assert.Single(threads);
    }

    [Fact]
    public void Two_pinned_actors_have_a_thread_each()
    {
        using var gate = new ManualResetEventSlim();
        var blocked = Sys.ActorOf(Scripted.By((_, _) => gate.Wait(TimeSpan.FromSeconds(10))).WithDispatcher("pinned"));
        var free = Sys.ActorOf(
            Scripted.By((context, message) => context.Sender.Tell(message)).WithDispatcher("pinned"));
        blocked.Tell("block");
        free.Tell("free");
        ExpectMsg("free");
        gate.Set();
    }

    [Fact]
    public void An_actor_that_blocks_its_thread_does_not_stop_others_on_the_pool()
    {
        using var gate = new ManualResetEventSlim();
        var blocked = Start((_, _) => gate.Wait(TimeSpan.FromSeconds(10)));
        blocked.Tell("block");
        StartEcho().Tell("free");
        ExpectMsg("free");
        gate.Set();
    }
}
