// Failures at awkward moments: in the hooks of a restart, with children, while the parent itself has failed.

using Akka.Actor;
using Akka.Conformance.Tests.Fixtures;
using Xunit;

namespace Akka.Conformance.Tests.Supervision;

public sealed class FailureInFailureSpecs : Specification
{
    [Fact]
    public void An_exception_in_PreRestart_does_not_keep_the_fresh_instance_from_being_made()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Fragile(TestActor, new Flaws { PreRestart = true })));
        ExpectMsg("made 1");
        EventFilter.Exception<Exception>().Expect(2, () => actor.Tell("fail")); // The failure, and that of the hook.
        ExpectMsg("made 2");
        actor.Tell("alive");
        ExpectMsg("alive 2");
    }

    [Fact]
    public void An_exception_in_PostRestart_is_a_failure_that_the_parent_judges()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Fragile(TestActor, new Flaws { PostRestart = true })));
        Watch(actor);
        ExpectMsg("made 1");
        EventFilter.Exception<Exception>().Mute(() =>
        {
            actor.Tell("fail");
            ExpectMsg("made 2");
            ExpectTerminated(actor); // A failed restart is a failed initialization: stopped, by default.
        });
    }

    [Fact]
    public void A_constructor_that_fails_at_the_restart_stops_the_actor_by_default()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Fragile(TestActor, new Flaws { SecondConstructor = true })));
        Watch(actor);
        ExpectMsg("made 1");
        EventFilter.Exception<Exception>().Mute(() =>
        {
            actor.Tell("fail");
            ExpectTerminated(actor);
        });
    }

    [Fact]
    public void A_parent_that_restarts_stops_its_children_and_lives_on()
    {
        var parent = StartUnderRestarting(Props.Create(() => new Escalating()));
        parent.Tell(Journaled.To(CreateTestProbe().Ref));
        var child = ExpectMsg<IActorRef>();
        Watch(child);
        EventFilter.Exception<TestFailureException>().ExpectOne(() => child.Tell(new TestFailureException()));
        ExpectTerminated(child);
        parent.Tell("anything");
        ExpectMsg("anything");
    }

    [Fact]
    public void A_parent_that_spares_its_children_at_its_restart_has_them_restarted()
    {
        var parent = StartUnderRestarting(Supervisor.With(new OneForOneStrategy(_ => Directive.Escalate)));
        var journal = CreateTestProbe();
        parent.Tell(Journaled.To(journal.Ref));
        var child = ExpectMsg<IActorRef>();
        EventFilter.Exception<TestFailureException>().ExpectOne(() => child.Tell(new TestFailureException()));
        journal.FishForMessage(message => message is Hook { Name: "PostRestart" });
    }

    [Fact]
    public void Children_of_a_failed_actor_take_no_message_until_it_goes_on()
    {
        using var gate = new ManualResetEventSlim();
        var deciding = CreateTestProbe();
        var strategy = new OneForOneStrategy(_ =>
        {
            deciding.Ref.Tell("deciding");
            gate.Wait(TimeSpan.FromSeconds(10));
            return Directive.Resume;
        });
        Sys.ActorOf(Supervisor.With(strategy)).Tell(Journaled.To(CreateTestProbe().Ref));
        var parent = ExpectMsg<IActorRef>();
        parent.Tell(Scripted.By((context, message) => context.Sender.Tell(message)));
        var child = ExpectMsg<IActorRef>();
        EventFilter.Warning(contains: "on purpose").ExpectOne(() =>
        {
            parent.Tell(new TestFailureException());
            deciding.ExpectMsg("deciding");
            child.Tell("held back");
            ExpectNoMsg(50);
            gate.Set();
            ExpectMsg("held back");
        });
    }

    [Fact]
    public void Stopping_a_failed_actor_ends_it_whatever_its_parent_decides_later()
    {
        using var gate = new ManualResetEventSlim();
        var deciding = CreateTestProbe();
        var parent = Sys.ActorOf(Supervisor.With(new OneForOneStrategy(_ =>
        {
            deciding.Ref.Tell("deciding");
            gate.Wait(TimeSpan.FromSeconds(10));
            return Directive.Resume;
        })));
        parent.Tell(Journaled.To(CreateTestProbe().Ref));
        var child = ExpectMsg<IActorRef>();
        Watch(child);
        EventFilter.Warning(contains: "on purpose").Mute(() =>
        {
            child.Tell(new TestFailureException());
            deciding.ExpectMsg("deciding");
            Sys.Stop(child);
            gate.Set();
            ExpectTerminated(child);
        });
    }

    [Fact]
    public void A_decider_may_be_a_table_by_exception_type()
    {
        var decider = Decider.From(
            Directive.Escalate,
            Directive.Resume.When<TestFailureException>(),
            Directive.Stop.When<InvalidOperationException>());
        Assert.Equal(Directive.Resume, decider.Decide(new TestFailureException()));
        Assert.Equal(Directive.Stop, decider.Decide(new ObjectDisposedException("derived")));
        Assert.Equal(Directive.Escalate, decider.Decide(new FormatException()));
    }

    private IActorRef StartUnderRestarting(Props props)
    {
        Sys.ActorOf(Supervisor.With(new OneForOneStrategy(_ => Directive.Restart))).Tell(props);
        return ExpectMsg<IActorRef>();
    }

    private sealed record Flaws
    {
        public bool PreRestart { get; init; }

        public bool PostRestart { get; init; }

        public bool SecondConstructor { get; init; }

        public int Instances { get; set; }
    }

    private sealed class Fragile : UntypedActor
    {
        private readonly IActorRef _observer;
        private readonly Flaws _flaws;
        private readonly int _instance;

        public Fragile(IActorRef observer, Flaws flaws)
        {
            _observer = observer;
            _flaws = flaws;
            _instance = ++flaws.Instances;
            Fail(flaws.SecondConstructor && _instance == 2);
            _observer.Tell($"made {_instance}");
        }

        protected override void PreRestart(Exception reason, object message) => Fail(_flaws.PreRestart);

        protected override void PostRestart(Exception reason) => Fail(_flaws.PostRestart);

        protected override void OnReceive(object message)
        {
            Fail(message is "fail");
            _observer.Tell($"{message} {_instance}");
        }

        private static void Fail(bool condition)
        {
            if (condition)
            {
                throw new TestFailureException();
            }
        }
    }

    private sealed class Escalating : UntypedActor
    {
        protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Escalate);

        protected override void OnReceive(object message)
            => Sender.Tell(message is Props child ? Context.ActorOf(child) : message);
    }
}
