// Below the level: nothing is formatted, and nobody hears of it.

using Akka.Conformance.Tests.Fixtures;
using Akka.Event;
using Xunit;

namespace Akka.Conformance.Tests.Logging;

public sealed class DisabledLevelSpecs() : Specification("akka.loglevel = WARNING")
{
    [Fact]
    public void What_is_below_the_level_is_neither_formatted_nor_published()
    {
        var (log, spy) = (Akka.Event.Logging.GetLogger(Sys, "spec"), new Spy());
        Sys.EventStream.Subscribe<LogEvent>(TestActor);

        log.Debug("{0}", spy);
        log.Info(new InvalidOperationException(), "{0} {1} {2}", spy, spy, spy);
        log.Info("{0}", new object[] { spy });
        log.Warning("enough");

        Assert.Equal("enough", ExpectMsg<LogEvent>().Message);
        Assert.Equal(0, spy.Formatted);
    }

    [Fact]
    public void What_is_at_the_level_is_formatted_by_whoever_reads_it()
    {
        var (log, spy) = (Akka.Event.Logging.GetLogger(Sys, "spec"), new Spy());
        var probe = CreateTestProbe();
        Sys.EventStream.Subscribe<Warning>(probe);

        log.Warning("{0}", spy);
        var logged = probe.ExpectMsg<Warning>();

        Assert.StartsWith("text", logged.Message.ToString(), StringComparison.Ordinal);
        Assert.NotEqual(0, spy.Formatted);
    }

    [Fact]
    public void An_adapter_tells_which_levels_are_enabled()
    {
        var log = Akka.Event.Logging.GetLogger(Sys, "spec");

        Assert.False(log.IsDebugEnabled || log.IsInfoEnabled);
        Assert.True(log.IsWarningEnabled && log.IsErrorEnabled);
        Assert.False(log.IsEnabled(LogLevel.InfoLevel));
        Assert.True(log.IsEnabled(LogLevel.ErrorLevel));
    }

    [Theory]
    [InlineData("debug", LogLevel.DebugLevel)]
    [InlineData("INFO", LogLevel.InfoLevel)]
    [InlineData("Warning", LogLevel.WarningLevel)]
    [InlineData("ERROR", LogLevel.ErrorLevel)]
    public void A_level_has_a_name_in_any_case(string name, LogLevel level)
    {
        Assert.Equal(level, Akka.Event.Logging.LogLevelFor(name));
        Assert.Equal(name.ToUpperInvariant(), level.StringFor());
        Assert.Throws<ArgumentException>(() => Akka.Event.Logging.LogLevelFor(name + "s"));
    }
}
