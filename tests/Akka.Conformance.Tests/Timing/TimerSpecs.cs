// An actor's own timers: by key, single or periodic, and gone with the instance that started them.

using Akka.Actor;
using Akka.Conformance.Tests.Fixtures;
using Akka.Event;
using Xunit;

namespace Akka.Conformance.Tests.Timing;

public sealed class TimerSpecs : VirtualTimeSpecification
{
    [Fact]
    public void A_single_timer_fires_once_at_its_time()
    {
        var actor = StartTimed();
        Do(actor, timers => timers.StartSingleTimer("key", "tick", Seconds(10)));
        Clock.Advance(Seconds(9));
        ExpectNothing();
        Clock.Advance(Seconds(1));
        ExpectMsg("tick");
        Clock.Advance(Seconds(100));
        ExpectNothing();
    }

    [Fact]
    public void A_periodic_timer_fires_every_time()
    {
        var actor = StartTimed();
        Do(actor, timers => timers.StartPeriodicTimer("key", "tick", Seconds(10)));
        for (var round = 0; round < 3; round++)
        {
            Clock.Advance(Seconds(10));
            ExpectMsg("tick");
        }

        ExpectNothing();
    }

    [Fact]
    public void A_periodic_timer_may_begin_after_another_delay()
    {
        var actor = StartTimed();
        Do(actor, timers => timers.StartPeriodicTimer("key", "tick", Seconds(1), Seconds(10)));
        Clock.Advance(Seconds(1));
        ExpectMsg("tick");
        Clock.Advance(Seconds(9));
        ExpectNothing();
        Clock.Advance(Seconds(1));
        ExpectMsg("tick");
    }

    [Fact]
    public void A_timer_of_the_same_key_replaces_the_older_one()
    {
        var actor = StartTimed();
        Do(actor, timers => timers.StartSingleTimer("key", "old", Seconds(10)));
        Do(actor, timers => timers.StartSingleTimer("key", "new", Seconds(20)));
        Clock.Advance(Seconds(10));
        ExpectNothing();
        Clock.Advance(Seconds(10));
        ExpectMsg("new");
    }

    [Fact]
    public void Timers_of_different_keys_run_side_by_side()
    {
        var actor = StartTimed();
        Do(actor, timers => timers.StartSingleTimer(1, "one", Seconds(10)));
        Do(actor, timers => timers.StartSingleTimer(2, "two", Seconds(20)));
        Clock.Advance(Seconds(10));
        ExpectMsg("one");
        Clock.Advance(Seconds(10));
        ExpectMsg("two");
    }

    [Fact]
    public void A_cancelled_timer_does_not_fire()
    {
        var actor = StartTimed();
        Do(actor, timers => timers.StartPeriodicTimer("key", "tick", Seconds(10)));
        Do(actor, timers => timers.Cancel("key"));
        Clock.Advance(Seconds(10));
        ExpectNothing();
    }

    [Fact]
    public void CancelAll_cancels_every_timer()
    {
        var actor = StartTimed();
        Do(actor, timers =>
        {
            timers.StartSingleTimer(1, "one", Seconds(10));
            timers.StartPeriodicTimer(2, "two", Seconds(10));
            timers.CancelAll();
        });
        Clock.Advance(Seconds(10));
        ExpectNothing();
    }

    [Fact]
    public void A_timer_is_active_until_it_fires_or_is_cancelled()
    {
        var actor = StartTimed();
        var active = new List<bool>();
        Do(actor, timers =>
        {
            active.Add(timers.IsTimerActive("key"));
            timers.StartSingleTimer("key", "tick", Seconds(10));
            active.Add(timers.IsTimerActive("key"));
        });
        Clock.Advance(Seconds(10));
        ExpectMsg("tick");
        Do(actor, timers => active.Add(timers.IsTimerActive("key")));
        Assert.Equal([false, true, false], active);
    }

    [Fact]
    public void No_timer_outlives_a_restart()
    {
        var actor = StartTimed();
        Do(actor, timers => timers.StartPeriodicTimer("key", "tick", Seconds(10)));
        EventFilter.Exception<TestFailureException>().ExpectOne(() => actor.Tell(new TestFailureException()));
        Do(actor, _ => { });
        Clock.Advance(Seconds(10));
        ExpectNothing();
    }

    [Fact]
    public void No_timer_outlives_its_actor()
    {
        Sys.EventStream.Subscribe<Akka.Event.DeadLetter>(TestActor);
        var actor = StartTimed();
        Do(actor, timers => timers.StartPeriodicTimer("key", "tick", Seconds(10)));
        StopAndWait(actor);
        Clock.Advance(Seconds(10));
        ExpectNothing();
    }

    [Fact]
    public void A_timers_message_has_no_sender()
    {
        var actor = StartTimed();
        Do(actor, timers => timers.StartSingleTimer("key", "who", Seconds(1)));
        Clock.Advance(Seconds(1));
        ExpectMsg(Sys.DeadLetters);
    }

    private IActorRef StartTimed() => Sys.ActorOf(Props.Create(() => new Timed(TestActor)));

    private void Do(IActorRef actor, Action<ITimerScheduler> action)
    {
        actor.Tell(action);
        ExpectMsg("did");
    }

    private void ExpectNothing()
    {
        TestActor.Tell("nothing");
        ExpectMsg("nothing");
    }

    private sealed class Timed : UntypedActor, IWithTimers
    {
        private readonly IActorRef _observer;

        public Timed(IActorRef observer) => _observer = observer;

        public ITimerScheduler Timers { get; set; } = null!;

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case Action<ITimerScheduler> action:
                    action(Timers);
                    Sender.Tell("did");
                    break;
                case Exception failure:
                    throw failure;
                case "who":
                    _observer.Tell(Sender);
                    break;
                default:
                    _observer.Tell(message);
                    break;
            }
        }
    }
}
