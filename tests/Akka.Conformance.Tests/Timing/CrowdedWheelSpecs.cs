// A scheduler whose timers all lie in one bucket: what is due must not disturb what is not, nor the other way round.

using Akka.Actor;
using Akka.Conformance.Tests.Fixtures;
using Xunit;

namespace Akka.Conformance.Tests.Timing;

public sealed class CrowdedWheelSpecs() : Specification("akka.scheduler.ticks-per-wheel = 1")
{
    [Fact]
    public void A_timer_fires_beside_later_and_cancelled_ones()
    {
        Sys.Scheduler.ScheduleTellOnce(TimeSpan.FromHours(1), TestActor, "late", ActorRefs.NoSender);
        Sys.Scheduler.ScheduleTellOnceCancelable(TimeSpan.Zero, TestActor, "cancelled", ActorRefs.NoSender).Cancel();
        Sys.Scheduler.ScheduleTellOnce(TimeSpan.FromHours(1), TestActor, "late", ActorRefs.NoSender);
        Sys.Scheduler.ScheduleTellOnce(TimeSpan.Zero, TestActor, "first", ActorRefs.NoSender);
        ExpectMsg("first");
        Sys.Scheduler.ScheduleTellOnce(TimeSpan.Zero, TestActor, "second", ActorRefs.NoSender);
        ExpectMsg("second");
    }
}
