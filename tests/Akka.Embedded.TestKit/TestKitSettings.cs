// The kit's settings, akka.test.*, and the defaults that a test's own configuration falls back on.

using Akka.Configuration;

namespace Akka.TestKit;

/// <summary>How long tests wait, and by how much a slow machine stretches that.</summary>
public sealed class TestKitSettings
{
    internal const string Defaults = """
        akka.loggers = ["Akka.TestKit.TestEventListener, Akka.TestKit"]
        akka.test {
          # Every limit is multiplied by this: raise it on a slow machine.
          timefactor = 1.0
          # How long an event filter waits for its events when the action is over.
          filter-leeway = 3s
          # How long an expectation waits where no limit is given, outside of Within.
          single-expect-default = 3s
          # For latches, and for asks of the kit itself.
          default-timeout = 5s
          calling-thread-dispatcher {
            type = "Akka.TestKit.CallingThreadDispatcherConfigurator, Akka.TestKit"
            throughput = 2147483647
          }
          test-actor.dispatcher {
            type = "Akka.TestKit.CallingThreadDispatcherConfigurator, Akka.TestKit"
            throughput = 2147483647
          }
        }
        """;

    public TestKitSettings(Config config)
    {
        DefaultTimeout = config.GetTimeSpan("akka.test.default-timeout");
        SingleExpectDefault = config.GetTimeSpan("akka.test.single-expect-default");
        TestEventFilterLeeway = config.GetTimeSpan("akka.test.filter-leeway");
        TestTimeFactor = config.GetDouble("akka.test.timefactor");
        if (TestTimeFactor <= 0)
        {
            throw new ConfigurationException(
                $"Expected a positive value for \"akka.test.timefactor\" but found {TestTimeFactor}");
        }
    }

    public TimeSpan DefaultTimeout { get; }

    public TimeSpan SingleExpectDefault { get; }

    public TimeSpan TestEventFilterLeeway { get; }

    public double TestTimeFactor { get; }
}
