// A logger that HOCON names, and what it heard: per actor system, in order. It crashes on demand.

using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Event;

namespace Akka.Conformance.Tests.Logging;

public class RecordingLogger : ReceiveActor
{
    public const string CrashNow = "the logger is to crash";

    private static readonly ConcurrentDictionary<string, BlockingCollection<LogEvent>> Heard = new();

    public RecordingLogger()
    {
        var heard = HeardIn(Context.System.Name);
        Receive<InitializeLogger>(_ => Sender.Tell(new LoggerInitialized()));
        Receive<LogEvent>(logged => logged.Message is not CrashNow, logged => heard.Add(logged));
        Receive<LogEvent>(_ => throw new InvalidOperationException("The logger crashed as it was told to."));
    }

    /// <summary>Waits until the logger is subscribed, which may be a moment after the system's start.</summary>
    public static void AwaitIn(ActorSystem system)
    {
        var ready = new Error(null, "ready", typeof(RecordingLogger), "ready");
        var isHeard = SpinWait.SpinUntil(
            () =>
            {
                system.EventStream.Publish(ready);
                return HeardIn(system.Name).Any(logged => logged.LogSource == ready.LogSource);
            },
            TimeSpan.FromSeconds(20));
        Xunit.Assert.True(isHeard, "The logger has not started.");
    }

    /// <summary>The next event of the actor system that is not the runtime's own.</summary>
    public static LogEvent NextOf(ActorSystem system)
    {
        while (HeardIn(system.Name).TryTake(out var logged, TimeSpan.FromSeconds(20)))
        {
            if (logged.LogSource.StartsWith("spec", StringComparison.Ordinal))
            {
                return logged;
            }
        }

        throw new Xunit.Sdk.XunitException("The logger heard nothing more.");
    }

    private static BlockingCollection<LogEvent> HeardIn(string system) => Heard.GetOrAdd(system, _ => []);
}
