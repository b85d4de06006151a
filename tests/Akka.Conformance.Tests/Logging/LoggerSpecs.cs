// Loggers: how HOCON names them, what they get, and what becomes of one that fails.

using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Xunit;

namespace Akka.Conformance.Tests.Logging;

public sealed class LoggerSpecs
{
    private const string Recording =
        "akka.loggers = [\"Akka.Conformance.Tests.Logging.RecordingLogger, Akka.Conformance.Tests\"]\n";

    private const string Spy =
        "akka.stdout-logger-class = \"Akka.Conformance.Tests.Logging.ConsoleSpy, Akka.Conformance.Tests\"\n";

    [Fact]
    public void A_logger_gets_what_is_logged_at_its_level_and_above_in_order()
    {
        using var system = Start(Recording + "akka.loglevel = INFO");
        var log = Akka.Event.Logging.GetLogger(system, "spec");

        log.Debug("one");
        log.Info("two");
        log.Warning("three");
        log.Error("four");

        Assert.Equal("two", Assert.IsType<Info>(RecordingLogger.NextOf(system)).Message);
        Assert.Equal("three", Assert.IsType<Warning>(RecordingLogger.NextOf(system)).Message);
        Assert.Equal("four", Assert.IsType<Error>(RecordingLogger.NextOf(system)).Message);
    }

    [Fact]
    public void A_level_that_is_off_logs_nothing_at_all()
    {
        using var system = Start(Recording + "akka.loglevel = OFF");

        Assert.False(Akka.Event.Logging.GetLogger(system, "spec").IsErrorEnabled);
    }

    [Fact]
    public void A_level_that_is_changed_holds_for_loggers_at_once_and_for_later_adapters()
    {
        using var system = Start(Recording + "akka.loglevel = DEBUG");
        var before = Akka.Event.Logging.GetLogger(system, "spec");
        system.EventStream.SetLogLevel(LogLevel.ErrorLevel);
        var after = Akka.Event.Logging.GetLogger(system, "spec");

        before.Warning("one");
        before.Error("two");

        Assert.Equal("two", RecordingLogger.NextOf(system).Message);
        Assert.True(before.IsDebugEnabled);
        Assert.False(after.IsWarningEnabled);
    }

    [Fact]
    public void A_logger_that_crashes_harms_nobody_and_goes_on()
    {
        using var system = Start(Recording);
        var log = Akka.Event.Logging.GetLogger(system, "spec");

        log.Error(RecordingLogger.CrashNow);
        log.Info("after the crash");

        Assert.Equal("after the crash", RecordingLogger.NextOf(system).Message);
        Assert.False(system.WhenTerminated.IsCompleted);
    }

    [Fact]
    public void A_logger_that_is_not_to_be_found_fails_the_start_by_name()
    {
        var failure = Assert.Throws<ConfigurationException>(
            () => Start("akka.loggers = [\"No.Such.Logger, Nowhere\"]"));

        Assert.Contains("No.Such.Logger", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Akka.Event.DefaultLogger")]
    [InlineData("Akka.Event.DefaultLogger, Akka")]
    public void The_default_logger_writes_to_the_console_logger(string name)
    {
        var mark = Guid.NewGuid().ToString();
        using var system = Start(Spy + $"akka.loggers = [\"{name}\"]");

        var log = Akka.Event.Logging.GetLogger(system, "spec");

        Assert.True(ConsoleSpy.Shows(mark, () => log.Info(mark)));
    }

    [Fact]
    public void The_console_logger_writes_only_until_the_loggers_are_up()
    {
        using var system = Start(Recording + Spy + "akka.loglevel = DEBUG\nakka.stdout-loglevel = DEBUG");

        Assert.True(ConsoleSpy.HasWritten("StandardOutLogger started"));

        var mark = Guid.NewGuid().ToString();
        Akka.Event.Logging.GetLogger(system, "spec").Info(mark);

        Assert.Equal(mark, RecordingLogger.NextOf(system).Message);
        Assert.False(ConsoleSpy.HasWritten(mark));
    }

    [Fact]
    public void A_formatter_named_by_HOCON_makes_the_texts()
    {
        using var system = Start(
            Recording + "akka.logger-formatter = "
            + "\"Akka.Conformance.Tests.Logging.BracketFormatter, Akka.Conformance.Tests\"");

        Akka.Event.Logging.GetLogger(system, "spec").Info("pages {0}", 5);

        Assert.Equal("<pages {0}|5>", RecordingLogger.NextOf(system).Message.ToString());
    }

    private static ActorSystem Start(string hocon)
    {
        var system = ActorSystem.Create(
            $"spec-{Guid.NewGuid():N}",
            ConfigurationFactory.ParseString(hocon)
                .WithFallback(ConfigurationFactory.ParseString("akka.stdout-loglevel = OFF")));
        if (hocon.StartsWith(Recording, StringComparison.Ordinal) && !hocon.EndsWith("OFF", StringComparison.Ordinal))
        {
            RecordingLogger.AwaitIn(system);
        }

        return system;
    }
}
