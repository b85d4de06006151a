// What an adapter makes of a call: an event of the level, with the source, the cause, and format and arguments apart.

using Akka.Actor;
using Akka.Conformance.Tests.Fixtures;
using Akka.Event;
using Xunit;

namespace Akka.Conformance.Tests.Logging;

public sealed class LoggingAdapterSpecs : Specification
{
    private readonly ILoggingAdapter _log;

    public LoggingAdapterSpecs()
        : base("akka.loglevel = DEBUG")
    {
        _log = Akka.Event.Logging.GetLogger(Sys, "spec");
        Sys.EventStream.Subscribe<LogEvent>(TestActor);
    }

    [Fact]
    public void Each_level_has_its_event()
    {
        _log.Debug("d");
        _log.Info("i");
        _log.Warning("w");
        _log.Error("e");

        Assert.IsType<Debug>(Logged("d"));
        Assert.IsType<Info>(Logged("i"));
        Assert.IsType<Warning>(Logged("w"));
        Assert.IsType<Error>(Logged("e"));
    }

    [Fact]
    public void A_level_may_be_a_value()
    {
        _log.Log(LogLevel.WarningLevel, "plain");
        _log.Log(LogLevel.InfoLevel, null, "one {0}", 1);

        Assert.Equal(LogLevel.WarningLevel, Logged("plain").LogLevel());
        Assert.Equal(LogLevel.InfoLevel, Logged("one 1").LogLevel());
    }

    [Fact]
    public void Arguments_are_put_into_the_format()
    {
        _log.Info("{0}", 1);
        _log.Info("{0} {1}", 1, "b");
        _log.Info("{0} {1} {2}", 1, "b", 'c');
        _log.Info("{0} {1} {2} {3}", 1, "b", 'c', 4.5);
        _log.Info("{4} {3} {2} {1} {0}", new object[] { 1, 2, 3, 4, 5 });

        Assert.All(["1", "1 b", "1 b c", "1 b c 4.5", "5 4 3 2 1"], text => Assert.NotNull(Logged(text)));
    }

    [Fact]
    public void A_text_without_arguments_is_taken_as_it_is()
    {
        _log.Info("{not a format");

        Assert.Equal("{not a format", Logged("{not a format").Message);
    }

    [Fact]
    public void Format_and_arguments_stay_apart()
    {
        _log.Info("{0} of {1}", 1, "two");

        var message = Assert.IsAssignableFrom<LogMessage>(Logged("1 of two").Message);
        Assert.Equal("{0} of {1}", message.Format);
        Assert.Equal([1, "two"], message.Parameters());
    }

    [Fact]
    public void A_cause_goes_with_the_event()
    {
        var cause = new InvalidOperationException("because");
        _log.Error(cause, "failed");
        _log.Warning(cause, "failed with {0}", 5);

        Assert.Same(cause, Logged("failed").Cause);
        Assert.Same(cause, Logged("failed with 5").Cause);
    }

    [Fact]
    public void An_event_knows_when_and_where_it_was_logged()
    {
        var before = DateTime.UtcNow;
        _log.Info("here");

        var logged = Logged("here");
        Assert.Same(Thread.CurrentThread, logged.Thread);
        Assert.InRange(logged.Timestamp, before, DateTime.UtcNow);
        Assert.Equal(DateTimeKind.Utc, logged.Timestamp.Kind);
    }

    [Fact]
    public void A_source_that_is_a_text_is_completed_by_the_system()
    {
        _log.Info("here");

        Assert.Equal($"spec ({Sys})", Logged("here").LogSource);
    }

    [Fact]
    public void A_source_that_is_an_object_or_a_type_is_told_by_its_class()
    {
        Akka.Event.Logging.GetLogger(Sys, this).Info("object");
        Akka.Event.Logging.GetLogger(Sys, typeof(LoggingAdapterSpecs)).Info("type");

        Assert.All(["object", "type"], text =>
        {
            var logged = Logged(text);
            Assert.Equal($"{nameof(LoggingAdapterSpecs)} ({Sys})", logged.LogSource);
            Assert.Equal(typeof(LoggingAdapterSpecs), logged.LogClass);
        });
    }

    [Fact]
    public void An_actor_logs_under_its_path_and_its_class()
    {
        var actor = Sys.ActorOf(Props.Create<Talker>(), "talker");
        actor.Tell("hello");

        var logged = Logged("heard hello");
        Assert.Equal(actor.Path.ToString(), logged.LogSource);
        Assert.Equal(typeof(Talker), logged.LogClass);
    }

    [Fact]
    public void An_event_prints_as_one_line_and_its_cause()
    {
        _log.Error(new InvalidOperationException("because"), "failed");

        Assert.Matches(
            @"^\[ERROR\]\[[0-9/]{10} [0-9:.]{12}Z\]\[Thread [0-9]{4}\]\[spec \(akka://.*\)\] failed"
                + @"\r?\nCause: System.InvalidOperationException: because",
            Logged("failed").ToString());
    }

    [Fact]
    public void An_adapter_may_have_a_formatter_of_its_own()
    {
        var log = Akka.Event.Logging.GetLogger(Sys, "spec", new BracketFormatter());
        log.Info("pages {0}", 5);

        Assert.Equal("<pages {0}|5>", Logged("<pages {0}|5>").Message.ToString());
        Assert.IsType<BracketFormatter>(log.Formatter);
        Assert.Same(DefaultLogMessageFormatter.Instance, _log.Formatter);
    }

    private LogEvent Logged(string text) => FishForMessage<LogEvent>(logged => $"{logged.Message}" == text);

    private sealed class Talker : ReceiveActor
    {
        private readonly ILoggingAdapter _log = Context.GetLogger();

        public Talker() => ReceiveAny(message => _log.Info("heard {0}", message));
    }
}
