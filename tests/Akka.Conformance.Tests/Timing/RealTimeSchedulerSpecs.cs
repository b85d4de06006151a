// The scheduler that a system has unless a test replaces it: on the clock, in no order that a test could own.

using Akka.Actor;
using Akka.Conformance.Tests.Fixtures;
using Xunit;

namespace Akka.Conformance.Tests.Timing;

public sealed class RealTimeSchedulerSpecs : Specification
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(20);

    [Fact]
    public void A_message_scheduled_once_arrives()
    {
        Sys.Scheduler.ScheduleTellOnce(Short, TestActor, "once", ActorRefs.NoSender);
        ExpectMsg("once", TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void A_repetition_goes_on_until_it_is_cancelled()
    {
        using var cancelable = new Cancelable(Sys.Scheduler);
        Sys.Scheduler.ScheduleTellRepeatedly(Short, Short, TestActor, "again", ActorRefs.NoSender, cancelable);
        for (var round = 0; round < 5; round++)
        {
            ExpectMsg("again", TimeSpan.FromSeconds(10));
        }

        cancelable.Cancel();
        Assert.True(cancelable.IsCancellationRequested);
    }

    [Fact]
    public void CancelAfter_cancels_by_the_scheduler()
    {
        using var cancelable = new Cancelable(Sys.Scheduler);
        cancelable.CancelAfter(Short);
        AwaitCondition(() => cancelable.IsCancellationRequested, TimeSpan.FromSeconds(10));
        Assert.True(cancelable.Token.IsCancellationRequested);
    }

    [Fact]
    public void A_repetition_without_an_interval_is_refused()
        => Assert.Throws<ArgumentOutOfRangeException>(() => Sys.Scheduler.ScheduleTellRepeatedly(
            Short, TimeSpan.Zero, TestActor, "never", ActorRefs.NoSender));
}
