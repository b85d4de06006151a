// The hooks of an actor's life and their order, with and without a restart.

using Akka.Actor;
using Akka.Conformance.Tests.Fixtures;
using Xunit;

namespace Akka.Conformance.Tests.LifeCycles;

public sealed class LifeCycleSpecs : Specification
{
    [Fact]
    public void PreStart_runs_before_the_first_message_and_PostStop_after_the_last()
    {
        var actor = Sys.ActorOf(Journaled.To(TestActor));
        actor.Tell("a");
        actor.Tell("b");
        actor.Tell(PoisonPill.Instance);
        ExpectHook("Constructor");
        ExpectHook("PreStart");
        ExpectMsg<Received>(received => Assert.Equal("a", received.Message));
        ExpectMsg<Received>(received => Assert.Equal("b", received.Message));
        ExpectHook("PostStop");
    }

    [Fact]
    public void A_restart_runs_the_hooks_of_the_old_instance_then_those_of_the_new()
    {
        var actor = Sys.ActorOf(Journaled.To(TestActor));
        var old = ExpectHook("Constructor").Instance;
        ExpectHook("PreStart", old);
        var failure = new TestFailureException("why");
        EventFilter.Exception<TestFailureException>("why").ExpectOne(() => actor.Tell(failure));

        var preRestart = ExpectHook("PreRestart", old);
        Assert.Equal("why", preRestart.Cause);
        Assert.Equal(failure, preRestart.Message);
        ExpectHook("PostStop", old);
        var fresh = ExpectHook("Constructor").Instance;
        Assert.NotEqual(old, fresh);
        Assert.Equal("why", ExpectHook("PostRestart", fresh).Cause);
        ExpectHook("PreStart", fresh);
    }

    [Fact]
    public void The_fresh_instance_gets_the_messages_that_waited_but_not_the_one_that_failed()
    {
        var actor = Sys.ActorOf(Journaled.To(TestActor));
        var old = ExpectHook("Constructor").Instance;
        EventFilter.Exception<TestFailureException>().ExpectOne(() =>
        {
            actor.Tell("before");
            actor.Tell(new TestFailureException());
            actor.Tell("after");
        });
        var received = FishForMessage<Received>(_ => true);
        Assert.Equal(("before", old), (received.Message, received.Instance));
        var next = (Received)FishForMessage(message => message is Received);
        Assert.Equal("after", next.Message);
        Assert.NotEqual(old, next.Instance);
    }

    [Fact]
    public void A_restart_stops_the_children_first()
    {
        var actor = Sys.ActorOf(Journaled.To(TestActor));
        actor.Tell(Scripted.By((_, _) => { }));
        var child = (IActorRef)FishForMessage(message => message is IActorRef);
        var watcher = CreateTestProbe();
        watcher.Watch(child);
        EventFilter.Exception<TestFailureException>().ExpectOne(() => actor.Tell(new TestFailureException()));
        watcher.ExpectTerminated(child);
        ExpectHook("PreRestart");
        ExpectHook("PostStop");
        ExpectHook("Constructor");
    }

    [Fact]
    public void PreRestart_may_spare_the_children()
    {
        var parent = Sys.ActorOf<Sparing>();
        parent.Tell(Scripted.By((context, message) => context.Sender.Tell(message)));
        var child = ExpectMsg<IActorRef>();
        EventFilter.Exception<TestFailureException>().ExpectOne(() => parent.Tell("fail"));
        parent.Tell("children");
        ExpectMsg(1);
        child.Tell("alive");
        ExpectMsg("alive");
    }

    [Fact]
    public void Stopping_runs_PostStop_of_the_children_before_the_parents()
    {
        var parent = Sys.ActorOf(Journaled.To(TestActor));
        var parentInstance = ExpectHook("Constructor").Instance;
        ExpectHook("PreStart");
        var childJournal = CreateTestProbe();
        parent.Tell(Journaled.To(TestActor), childJournal.Ref);
        var childInstance = ExpectHook("Constructor").Instance;
        ExpectHook("PreStart");
        Sys.Stop(parent);
        ExpectHook("PostStop", childInstance);
        ExpectHook("PostStop", parentInstance);
    }

    [Fact]
    public void An_exception_in_PostStop_does_not_keep_the_actor_alive()
    {
        var actor = Sys.ActorOf<FailsToStop>();
        Watch(actor);
        EventFilter.Exception<TestFailureException>().ExpectOne(() => Sys.Stop(actor));
        ExpectTerminated(actor);
    }

    private Hook ExpectHook(string name, int? instance = null) => ExpectMsg<Hook>(hook =>
    {
        Assert.Equal(name, hook.Name);
        Assert.Equal(instance ?? hook.Instance, hook.Instance);
    });

    private sealed class Sparing : UntypedActor
    {
        protected override void PreRestart(Exception reason, object message)
        {
        }

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case Props child:
                    Sender.Tell(Context.ActorOf(child));
                    break;
                case "children":
                    Sender.Tell(Context.GetChildren().Count());
                    break;
                default:
                    throw new TestFailureException();
            }
        }
    }

    private sealed class FailsToStop : UntypedActor
    {
        protected override void PostStop() => throw new TestFailureException();

        protected override void OnReceive(object message) => Unhandled(message);
    }
}
