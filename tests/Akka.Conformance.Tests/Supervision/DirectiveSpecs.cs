// What a parent's strategy does to a child that failed: resume, restart, stop, escalate.

using Akka.Actor;
using Akka.Conformance.Tests.Fixtures;
using Xunit;

namespace Akka.Conformance.Tests.Supervision;

public sealed class DirectiveSpecs : Specification
{
    [Fact]
    public void Resume_keeps_the_instance_and_drops_only_the_failed_message()
    {
        var child = StartChild(Decide(Directive.Resume));
        var instance = FailAndCount(child);
        Assert.Equal(instance, ExpectMsg<Received>().Instance);
        ExpectAlive(child);
    }

    [Fact]
    public void Restart_replaces_the_instance_behind_the_same_ref()
    {
        var child = StartChild(Decide(Directive.Restart));
        var instance = FailAndCount(child);
        var received = (Received)FishForMessage(message => message is Received);
        Assert.NotEqual(instance, received.Instance);
        ExpectAlive(child);
    }

    [Fact]
    public void Stop_ends_the_child_and_leaves_its_siblings()
    {
        var parent = Sys.ActorOf(Supervisor.With(Decide(Directive.Stop)));
        var failing = SpawnUnder(parent);
        var sibling = SpawnUnder(parent);
        var watcher = CreateTestProbe();
        watcher.Watch(failing);
        EventFilter.Exception<TestFailureException>().ExpectOne(() => failing.Tell(new TestFailureException()));
        watcher.ExpectTerminated(failing);
        ExpectMsg<Hook>(hook => hook.Name == "PostStop");
        ExpectAlive(sibling);
    }

    [Fact]
    public void Restart_leaves_the_siblings_alone()
    {
        var parent = Sys.ActorOf(Supervisor.With(Decide(Directive.Restart)));
        var failing = SpawnUnder(parent);
        var sibling = SpawnUnder(parent);
        sibling.Tell("before");
        var instance = ExpectMsg<Received>().Instance;
        EventFilter.Exception<TestFailureException>().ExpectOne(() => failing.Tell(new TestFailureException()));
        FishForMessage(message => message is Hook { Name: "PreStart" });
        sibling.Tell("after");
        Assert.Equal(instance, ExpectMsg<Received>().Instance);
    }

    [Fact]
    public void Escalate_fails_the_parent_itself()
    {
        var grandparent = Sys.ActorOf(Supervisor.With(Decide(Directive.Stop)));
        grandparent.Tell(Supervisor.With(Decide(Directive.Escalate)));
        var parent = ExpectMsg<IActorRef>();
        var child = SpawnUnder(parent);
        var watcher = CreateTestProbe();
        watcher.Watch(parent);
        EventFilter.Exception<TestFailureException>().ExpectOne(() => child.Tell(new TestFailureException()));
        watcher.ExpectTerminated(parent);
        ExpectMsg<Hook>(hook => hook.Name == "PostStop");
    }

    [Fact]
    public void The_decider_sees_the_exception_that_was_thrown()
    {
        var seen = CreateTestProbe();
        var child = StartChild(new OneForOneStrategy(exception =>
        {
            seen.Ref.Tell(exception);
            return Directive.Resume;
        }));
        var failure = new TestFailureException("exactly this");
        EventFilter.Exception<TestFailureException>().Mute(() =>
        {
            child.Tell(failure);
            seen.ExpectMsg<TestFailureException>(exception => ReferenceEquals(failure, exception));
        });
    }

    [Fact]
    public void A_child_takes_no_message_until_its_parent_has_decided()
    {
        using var gate = new ManualResetEventSlim();
        var deciding = CreateTestProbe();
        var child = StartChild(new OneForOneStrategy(_ =>
        {
            deciding.Ref.Tell("deciding");
            gate.Wait(TimeSpan.FromSeconds(10));
            return Directive.Resume;
        }));
        EventFilter.Exception<TestFailureException>().Mute(() =>
        {
            child.Tell(new TestFailureException());
            child.Tell("next");
            deciding.ExpectMsg("deciding");
            ExpectNoMsg(50);
            gate.Set();
            ExpectMsg<Received>();
        });
    }

    private static OneForOneStrategy Decide(Directive directive) => new(_ => directive);

    private IActorRef StartChild(SupervisorStrategy strategy) => SpawnUnder(Sys.ActorOf(Supervisor.With(strategy)));

    private IActorRef SpawnUnder(IActorRef parent)
    {
        var replies = CreateTestProbe();
        parent.Tell(Journaled.To(TestActor), replies.Ref);
        ExpectMsg<Hook>(hook => hook.Name == "Constructor");
        ExpectMsg<Hook>(hook => hook.Name == "PreStart");
        return replies.ExpectMsg<IActorRef>();
    }

    private int FailAndCount(IActorRef child)
    {
        child.Tell("before");
        var instance = ExpectMsg<Received>().Instance;
        EventFilter.Exception<TestFailureException>().Mute(() =>
        {
            child.Tell(new TestFailureException());
            child.Tell("after");
            AwaitCondition(() => HasMessages);
        });
        return instance;
    }

    private void ExpectAlive(IActorRef child)
    {
        child.Tell("alive");
        ExpectMsg<Received>(received => Equals(received.Message, "alive"));
    }
}
