// A timer that fired while its actor was busy: its message lies in the mailbox already, and must not be seen when the
// timer was cancelled, replaced or lost with its instance meanwhile.

using Akka.Actor;
using Akka.Conformance.Tests.Fixtures;
using Xunit;

namespace Akka.Conformance.Tests.Timing;

public sealed class TimerGenerationSpecs : VirtualTimeSpecification
{
    [Fact]
    public void A_timer_cancelled_after_it_fired_is_not_seen()
    {
        var actor = FireWhileBusy(timers => timers.Cancel("key"));
        actor.Tell("end");
        ExpectMsg("end");
    }

    [Fact]
    public void A_timer_replaced_after_it_fired_is_not_seen_and_the_new_one_is()
    {
        var actor = FireWhileBusy(timers => timers.StartSingleTimer("key", "new", Seconds(5)));
        actor.Tell("end");
        ExpectMsg("end");
        Clock.Advance(Seconds(5));
        ExpectMsg("new");
    }

    [Fact]
    public void A_timer_of_an_instance_that_failed_after_it_fired_is_not_seen()
    {
        EventFilter.Exception<TestFailureException>().ExpectOne(() =>
        {
            var actor = FireWhileBusy(_ => throw new TestFailureException());
            actor.Tell("end");
            ExpectMsg("end");
        });
    }

    [Fact]
    public void A_timer_that_fired_and_was_left_alone_is_seen()
    {
        FireWhileBusy(_ => { });
        ExpectMsg("old");
    }

    private IActorRef FireWhileBusy(Action<ITimerScheduler> meanwhile)
    {
        using var fired = new ManualResetEventSlim();
        var actor = Sys.ActorOf(Props.Create(() => new Busy(TestActor, fired.WaitHandle)));
        actor.Tell(meanwhile);
        ExpectMsg("busy");
        Clock.Advance(Seconds(5));
        fired.Set();
        ExpectMsg("no longer busy");
        return actor;
    }

    private sealed class Busy : UntypedActor, IWithTimers
    {
        private readonly IActorRef _observer;
        private readonly WaitHandle _fired;

        public Busy(IActorRef observer, WaitHandle fired)
        {
            _observer = observer;
            _fired = fired;
        }

        public ITimerScheduler Timers { get; set; } = null!;

        protected override void OnReceive(object message)
        {
            if (message is not Action<ITimerScheduler> meanwhile)
            {
                _observer.Tell(message);
                return;
            }

            Timers.StartSingleTimer("key", "old", Seconds(5));
            _observer.Tell("busy");
            _fired.WaitOne(TimeSpan.FromSeconds(10));
            _observer.Tell("no longer busy");
            meanwhile(Timers);
        }
    }
}
