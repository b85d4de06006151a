// Death watch: whoever watches an actor is told once that it is gone, after everything that it still sent.

using Akka.Actor;
using Akka.Conformance.Tests.Fixtures;
using Xunit;

namespace Akka.Conformance.Tests.DeathWatch;

public sealed class DeathWatchSpecs : Specification
{
    [Fact]
    public void A_watcher_is_told_which_actor_ended()
    {
        var actor = StartEcho();
        Watch(actor);
        Sys.Stop(actor);
        ExpectMsg<Terminated>(terminated =>
        {
            Assert.Equal(actor, terminated.ActorRef);
            Assert.True(terminated.ExistenceConfirmed);
            Assert.False(terminated.AddressTerminated);
        });
    }

    [Fact]
    public void Watching_twice_tells_once()
    {
        var actor = StartEcho();
        Watch(actor);
        Watch(actor);
        Sys.Stop(actor);
        ExpectTerminated(actor);
        ExpectNothingMore();
    }

    [Fact]
    public void After_unwatch_nothing_is_told()
    {
        var actor = StartEcho();
        Watch(actor);
        Unwatch(actor);
        var other = CreateTestProbe();
        other.Watch(actor);
        Sys.Stop(actor);
        other.ExpectTerminated(actor);
        ExpectNothingMore();
    }

    [Fact]
    public void Unwatch_takes_back_even_a_Terminated_that_already_lies_in_the_mailbox()
    {
        using var gate = new ManualResetEventSlim();
        var watched = StartEcho();
        var watcher = Start((context, message) =>
        {
            switch (message)
            {
                case "watch":
                    context.Watch(watched);
                    context.Sender.Tell("watching");
                    gate.Wait(TimeSpan.FromSeconds(10));
                    context.Unwatch(watched);
                    break;
                default:
                    context.Sender.Tell(message);
                    break;
            }
        });
        watcher.Tell("watch");
        ExpectMsg("watching");
        StopAndWait(watched);
        gate.Set();
        watcher.Tell("no death");
        ExpectMsg("no death");
    }

    [Fact]
    public void Watching_an_actor_that_is_dead_already_tells_at_once()
    {
        var actor = StartEcho();
        StopAndWait(actor);
        var late = CreateTestProbe();
        late.Watch(actor);
        late.ExpectTerminated(actor);
    }

    [Fact]
    public void All_watchers_are_told()
    {
        var actor = StartEcho();
        var probes = Enumerable.Range(0, 5).Select(_ => CreateTestProbe()).ToList();
        probes.ForEach(probe => probe.Watch(actor));
        Sys.Stop(actor);
        Assert.All(probes, probe => probe.ExpectTerminated(actor));
    }

    [Fact]
    public void WatchWith_tells_a_message_of_the_watchers_choice()
    {
        var watched = StartEcho();
        var watcher = Start((context, message) =>
        {
            if (message is "watch")
            {
                context.WatchWith(watched, "it is gone");
                context.Sender.Tell("watching");
                return;
            }

            TestActor.Tell(message);
        });
        watcher.Tell("watch");
        ExpectMsg("watching");
        Sys.Stop(watched);
        ExpectMsg("it is gone");
    }

    [Fact]
    public void Terminated_comes_after_everything_the_dead_actor_told()
    {
        var watched = Start((context, _) =>
        {
            for (var number = 0; number < 100; number++)
            {
                TestActor.Tell(number);
            }

            context.Stop(context.Self);
        });
        Watch(watched);
        watched.Tell("go");
        for (var number = 0; number < 100; number++)
        {
            ExpectMsg(number);
        }

        ExpectTerminated(watched);
    }

    [Fact]
    public void A_restart_is_no_death()
    {
        var actor = Sys.ActorOf(Journaled.To(CreateTestProbe().Ref));
        Watch(actor);
        EventFilter.Exception<TestFailureException>().ExpectOne(() => actor.Tell(new TestFailureException()));
        ExpectNothingMore();
    }

    [Fact]
    public void The_watch_outlives_the_watched_actors_restart()
    {
        var actor = Sys.ActorOf(Journaled.To(CreateTestProbe().Ref));
        Watch(actor);
        EventFilter.Exception<TestFailureException>().ExpectOne(() => actor.Tell(new TestFailureException()));
        Sys.Stop(actor);
        ExpectTerminated(actor);
    }

    [Fact]
    public void A_watcher_that_does_not_handle_Terminated_ends_by_its_death_pact()
    {
        var watched = StartEcho();
        var watcher = Sys.ActorOf(Props.Create(() => new Pact(watched)));
        Watch(watcher);
        EventFilter.Exception<DeathPactException>().ExpectOne(() => Sys.Stop(watched));
        ExpectTerminated(watcher);
    }

    [Fact]
    public void A_parent_may_watch_its_child()
    {
        var parent = Start((context, message) =>
        {
            switch (message)
            {
                case "spawn":
                    context.Sender.Tell(context.Watch(context.ActorOf(Scripted.By((_, _) => { }))));
                    break;
                case Terminated terminated:
                    TestActor.Tell(terminated.ActorRef);
                    break;
            }
        });
        parent.Tell("spawn");
        var child = ExpectMsg<IActorRef>();
        child.Tell(PoisonPill.Instance);
        ExpectMsg(child);
    }

    [Fact]
    public async Task WatchAsync_completes_when_the_actor_is_gone()
    {
        var actor = StartEcho();
        var watching = actor.WatchAsync();
        Assert.False(watching.IsCompleted);
        Sys.Stop(actor);
        Assert.True(await watching.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    private void ExpectNothingMore()
    {
        TestActor.Tell("nothing more");
        ExpectMsg("nothing more");
    }

    private sealed class Pact : ReceiveActor
    {
        public Pact(IActorRef partner)
        {
            Context.Watch(partner);
            Receive<string>(_ => { });
        }
    }
}
