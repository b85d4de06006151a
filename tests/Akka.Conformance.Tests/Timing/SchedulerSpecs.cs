// The system's scheduler under a test's own time: once, repeatedly, cancelled; and in real time.

using Akka.Actor;
using Akka.Conformance.Tests.Fixtures;
using Xunit;

namespace Akka.Conformance.Tests.Timing;

public sealed class SchedulerSpecs : VirtualTimeSpecification
{
    [Fact]
    public void A_message_scheduled_once_arrives_once_when_its_time_has_come()
    {
        Clock.ScheduleTellOnce(Seconds(5), TestActor, "once", ActorRefs.NoSender);
        Clock.Advance(Seconds(4));
        ExpectNothing();
        Clock.Advance(Seconds(1));
        ExpectMsg("once");
        Clock.Advance(Seconds(50));
        ExpectNothing();
    }

    [Fact]
    public void A_message_scheduled_repeatedly_arrives_at_every_interval()
    {
        Clock.ScheduleTellRepeatedly(Seconds(1), Seconds(5), TestActor, "again", ActorRefs.NoSender);
        Clock.Advance(Seconds(1));
        ExpectMsg("again");
        Clock.Advance(Seconds(4));
        ExpectNothing();
        Clock.Advance(Seconds(1));
        ExpectMsg("again");
    }

    [Fact]
    public void A_cancelled_repetition_ends()
    {
        var repetition = Clock.ScheduleTellRepeatedlyCancelable(
            Seconds(1), Seconds(1), TestActor, "again", ActorRefs.NoSender);
        Clock.Advance(Seconds(1));
        ExpectMsg("again");
        repetition.Cancel();
        Assert.True(repetition.IsCancellationRequested);
        Clock.Advance(Seconds(10));
        ExpectNothing();
    }

    [Fact]
    public void A_message_cancelled_in_time_never_arrives()
    {
        var once = Clock.ScheduleTellOnceCancelable(Seconds(1), TestActor, "once", ActorRefs.NoSender);
        once.Cancel();
        Clock.Advance(Seconds(10));
        ExpectNothing();
    }

    [Fact]
    public void A_cancelable_of_the_callers_own_cancels_too()
    {
        using var cancelable = new Cancelable(Sys.Scheduler);
        Clock.ScheduleTellOnce(Seconds(1), TestActor, "once", ActorRefs.NoSender, cancelable);
        cancelable.Cancel();
        Clock.Advance(Seconds(10));
        ExpectNothing();
    }

    [Fact]
    public void The_scheduled_message_carries_its_sender()
    {
        var probe = CreateTestProbe();
        Clock.ScheduleTellOnce(Seconds(1), TestActor, "from", probe.Ref);
        Clock.Advance(Seconds(1));
        ExpectMsg("from");
        Assert.Equal(probe.Ref, LastSender);
    }

    [Fact]
    public void Messages_due_in_one_advance_arrive_in_the_order_of_their_times()
    {
        Clock.ScheduleTellOnce(Seconds(3), TestActor, "third", ActorRefs.NoSender);
        Clock.ScheduleTellOnce(Seconds(1), TestActor, "first", ActorRefs.NoSender);
        Clock.ScheduleTellOnce(Seconds(2), TestActor, "second", ActorRefs.NoSender);
        Clock.Advance(Seconds(3));
        ExpectMsg("first");
        ExpectMsg("second");
        ExpectMsg("third");
    }

    [Fact]
    public void An_action_runs_when_its_time_has_come()
    {
        Clock.Advanced.ScheduleOnce(Seconds(2), () => TestActor.Tell("ran", ActorRefs.NoSender));
        Clock.Advance(Seconds(1));
        ExpectNothing();
        Clock.Advance(Seconds(1));
        ExpectMsg("ran");
    }

    [Fact]
    public void Now_moves_with_the_advance_and_not_else()
    {
        var before = Clock.Now;
        Clock.Advance(Seconds(7));
        Assert.Equal(before + Seconds(7), Clock.Now);
        Assert.Equal(Clock.Now, Clock.Now);
    }

    [Fact]
    public void AdvanceTo_goes_to_a_point_in_time()
    {
        Clock.ScheduleTellOnce(Seconds(5), TestActor, "once", ActorRefs.NoSender);
        Clock.AdvanceTo(Clock.Now + Seconds(5));
        ExpectMsg("once");
    }

    private void ExpectNothing()
    {
        TestActor.Tell("nothing");
        ExpectMsg("nothing");
    }
}
