// A specification that owns time: the system's scheduler is the test kit's, which moves only when the test says so.

using Akka.TestKit;

namespace Akka.Conformance.Tests.Fixtures;

public abstract class VirtualTimeSpecification : Specification
{
    protected VirtualTimeSpecification(string configuration = "")
        : base("akka.scheduler.implementation = \"Akka.TestKit.TestScheduler, Akka.TestKit\"\n" + configuration)
    {
    }

    protected TestScheduler Clock => (TestScheduler)Sys.Scheduler;

    protected static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
