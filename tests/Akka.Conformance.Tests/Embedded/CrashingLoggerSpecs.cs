// A logger that crashes at every event crashes at the report of its own crash too: left alone, it would never rest.

using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Xunit;

namespace Akka.Conformance.Tests.Embedded;

public sealed class CrashingLoggerSpecs
{
    [Fact]
    public async Task A_logger_that_crashes_again_and_again_is_stopped()
    {
        using var system = ActorSystem.Create("spec", ConfigurationFactory.ParseString("""
            akka.loggers = ["Akka.Conformance.Tests.Embedded.CrashingLoggerSpecs+Crashing, Akka.Conformance.Tests"]
            akka.stdout-loglevel = OFF
            """));

        Akka.Event.Logging.GetLogger(system, "spec").Error("the first of many");

        await Crashing.Stopped.Task.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.False(system.WhenTerminated.IsCompleted);
    }

    public sealed class Crashing : ReceiveActor
    {
        public static readonly TaskCompletionSource Stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Crashing()
        {
            Receive<InitializeLogger>(_ => Sender.Tell(new LoggerInitialized()));
            Receive<LogEvent>(_ => throw new InvalidOperationException("This logger always crashes."));
        }

        protected override void PreRestart(Exception reason, object message)
        {
        }

        protected override void PostStop() => Stopped.TrySetResult();
    }
}
