// Ready-made strategies, deciders and limits, and what becomes of failures outside a message handler.

using Akka.Actor;
using Akka.Conformance.Tests.Fixtures;
using Xunit;

namespace Akka.Conformance.Tests.Supervision;

public sealed class StrategySpecs : Specification
{
    private static readonly Exception Ordinary = new TestFailureException();

    [Fact]
    public void The_default_decider_goes_by_the_exceptions_type()
    {
        var decide = SupervisorStrategy.DefaultDecider;
        Assert.Equal(Directive.Restart, decide.Decide(Ordinary));
        Assert.Equal(Directive.Stop, decide.Decide(new ActorInitializationException("x")));
        Assert.Equal(Directive.Stop, decide.Decide(new ActorKilledException("x")));
        Assert.Equal(Directive.Stop, decide.Decide(new DeathPactException(TestActor)));
    }

    [Fact]
    public void A_top_level_actor_is_restarted_by_default()
    {
        var actor = Sys.ActorOf(Journaled.To(TestActor));
        EventFilter.Exception<TestFailureException>().ExpectOne(() => actor.Tell(Ordinary));
        FishForMessage(message => message is Hook { Name: "PostRestart" });
    }

    [Fact]
    public void The_stopping_strategy_stops_whatever_failed()
    {
        var child = SpawnUnder(SupervisorStrategy.StoppingStrategy, out _);
        Watch(child);
        EventFilter.Exception<TestFailureException>().ExpectOne(() => child.Tell(Ordinary));
        ExpectTerminated(child);
    }

    [Fact]
    public void One_for_one_allows_so_many_restarts_in_its_window_and_then_stops()
    {
        var strategy = new OneForOneStrategy(2, TimeSpan.FromMinutes(1), _ => Directive.Restart);
        var child = SpawnUnder(strategy, out var journal);
        Watch(child);
        EventFilter.Exception<TestFailureException>().Expect(3, () =>
        {
            for (var failure = 1; failure <= 3; failure++)
            {
                child.Tell(Ordinary);
            }
        });
        ExpectTerminated(child);
        Assert.Equal(2, RestartsIn(journal));
    }

    [Fact]
    public void A_limit_without_a_window_counts_for_ever()
    {
        var strategy = new OneForOneStrategy(1, Timeout.InfiniteTimeSpan, _ => Directive.Restart);
        var child = SpawnUnder(strategy, out var journal);
        Watch(child);
        EventFilter.Exception<TestFailureException>().Expect(2, () =>
        {
            child.Tell(Ordinary);
            child.Tell(Ordinary);
        });
        ExpectTerminated(child);
        Assert.Equal(1, RestartsIn(journal));
    }

    [Fact]
    public void No_limit_is_minus_one()
    {
        var strategy = new OneForOneStrategy(-1, Timeout.InfiniteTimeSpan, _ => Directive.Restart);
        var child = SpawnUnder(strategy, out var journal);
        EventFilter.Exception<TestFailureException>().Expect(20, () =>
        {
            for (var failure = 1; failure <= 20; failure++)
            {
                child.Tell(Ordinary);
            }
        });
        child.Tell("alive");
        journal.FishForMessage(message => message is Received { Message: "alive" });
    }

    [Fact]
    public void Zero_retries_stop_at_the_first_failure()
    {
        var child = SpawnUnder(new OneForOneStrategy(0, TimeSpan.FromMinutes(1), _ => Directive.Restart), out _);
        Watch(child);
        EventFilter.Exception<TestFailureException>().ExpectOne(() => child.Tell(Ordinary));
        ExpectTerminated(child);
    }

    [Fact]
    public void Resuming_counts_against_no_limit()
    {
        var strategy = new OneForOneStrategy(1, TimeSpan.FromMinutes(1), _ => Directive.Resume);
        var child = SpawnUnder(strategy, out var journal);
        EventFilter.Warning(contains: "on purpose").Expect(5, () =>
        {
            for (var failure = 1; failure <= 5; failure++)
            {
                child.Tell(Ordinary);
            }
        });
        child.Tell("alive");
        journal.FishForMessage(message => message is Received { Message: "alive" });
    }

    [Fact]
    public void A_failing_constructor_stops_the_actor()
    {
        EventFilter.Exception<ActorInitializationException>().ExpectOne(() =>
        {
            var actor = Sys.ActorOf<FailsToBeMade>();
            Watch(actor);
            ExpectTerminated(actor);
        });
    }

    [Fact]
    public void A_failing_PreStart_stops_the_actor()
    {
        EventFilter.Exception<ActorInitializationException>().ExpectOne(() =>
        {
            var actor = Sys.ActorOf<FailsToStart>();
            Watch(actor);
            ExpectTerminated(actor);
        });
    }

    [Fact]
    public void The_user_guardians_strategy_is_configured()
    {
        var stopping = ActorSystem.Create("stopping", """
            akka.actor.guardian-supervisor-strategy = "Akka.Actor.StoppingSupervisorStrategy"
            akka.loglevel = OFF
            akka.stdout-loglevel = OFF
            """);
        var actor = stopping.ActorOf(Journaled.To(TestActor));
        actor.Tell(Ordinary);
        FishForMessage(message => message is Hook { Name: "PostStop" });
        Shutdown(stopping);
    }

    private IActorRef SpawnUnder(SupervisorStrategy strategy, out Akka.TestKit.TestProbe journal)
    {
        journal = CreateTestProbe();
        Sys.ActorOf(Supervisor.With(strategy)).Tell(Journaled.To(journal.Ref));
        return ExpectMsg<IActorRef>();
    }

    private static int RestartsIn(Akka.TestKit.TestProbe journal)
    {
        var restarts = 0;
        journal.Ref.Tell("end");
        journal.FishForMessage(message =>
        {
            restarts += message is Hook { Name: "PostRestart" } ? 1 : 0;
            return message is "end";
        });
        return restarts;
    }

    private sealed class FailsToBeMade : UntypedActor
    {
        public FailsToBeMade() => throw new TestFailureException();

        protected override void OnReceive(object message) => Unhandled(message);
    }

    private sealed class FailsToStart : UntypedActor
    {
        protected override void PreStart() => throw new TestFailureException();

        protected override void OnReceive(object message) => Unhandled(message);
    }
}
