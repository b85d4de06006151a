// The way to Serilog: templates stay templates, and every event tells where it comes from.

using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Logger.Serilog;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Xunit;
using LogEvent = Serilog.Events.LogEvent;

namespace Akka.Conformance.Tests.Logging;

public sealed class SerilogSpecs : IDisposable, ILogEventSink
{
    private readonly BlockingCollection<LogEvent> _written = [];
    private readonly ActorSystem _system;

    public SerilogSpecs()
    {
        Log.Logger = new LoggerConfiguration().MinimumLevel.Verbose().WriteTo.Sink(this).CreateLogger();
        _system = ActorSystem.Create("spec", ConfigurationFactory.ParseString("""
            akka.loggers = ["Akka.Logger.Serilog.SerilogLogger, Akka.Logger.Serilog"]
            akka.logger-formatter = "Akka.Logger.Serilog.SerilogLogMessageFormatter, Akka.Logger.Serilog"
            akka.loglevel = DEBUG
            akka.stdout-loglevel = OFF
            """));
        AwaitLogger();
    }

    void ILogEventSink.Emit(LogEvent logEvent) => _written.Add(logEvent);

    public void Dispose()
    {
        _system.Dispose();
        Log.CloseAndFlush();
        _written.Dispose();
    }

    [Fact]
    public void A_template_and_its_properties_arrive_as_such()
    {
        Akka.Event.Logging.GetLogger(_system, "spec").Info("{Pages} pages of {Device}", 5, "disk");

        var written = Written("{Pages} pages of {Device}");
        Assert.Equal("5", written.Properties["Pages"].ToString());
        Assert.Equal("\"disk\"", written.Properties["Device"].ToString());
        Assert.Equal("5 pages of \"disk\"", written.RenderMessage());
    }

    [Fact]
    public void An_object_is_destructured_where_the_template_says_so()
    {
        Akka.Event.Logging.GetLogger(_system, "spec").Info("region {@Region}", new { Start = 8, Count = 16 });

        Assert.IsType<StructureValue>(Written("region {@Region}").Properties["Region"]);
    }

    [Fact]
    public void A_text_is_rendered_as_it_is_whatever_braces_it_has()
    {
        Akka.Event.Logging.GetLogger(_system, "spec").Info("plain {text}");

        Assert.Equal("plain {text}", Written("{Message:l}", "plain {text}").RenderMessage());
    }

    [Fact]
    public void Levels_and_causes_are_kept()
    {
        var cause = new InvalidOperationException("because");
        var log = Akka.Event.Logging.GetLogger(_system, "spec");
        log.Debug("at debug {N}", 1);
        log.Info("at info {N}", 2);
        log.Warning(cause, "at warning {N}", 3);
        log.Error(cause, "at error {N}", 4);

        Assert.Equal(LogEventLevel.Debug, Written("at debug {N}").Level);
        Assert.Equal(LogEventLevel.Information, Written("at info {N}").Level);
        Assert.Equal((LogEventLevel.Warning, cause), LevelAndCause(Written("at warning {N}")));
        Assert.Equal((LogEventLevel.Error, cause), LevelAndCause(Written("at error {N}")));
    }

    [Fact]
    public void An_event_tells_its_source_class_actor_time_and_thread()
    {
        var actor = _system.ActorOf(Props.Create<Talker>(), "talker");
        actor.Tell("hello");

        var properties = Written("heard {What}").Properties;
        Assert.Equal($"\"{typeof(Talker).FullName}\"", properties["SourceContext"].ToString());
        Assert.Equal($"\"{actor.Path}\"", properties["LogSource"].ToString());
        Assert.Equal(actor.Path.ToString(), properties["ActorPath"].ToString().Trim('"'));
        Assert.IsType<DateTime>(Assert.IsType<ScalarValue>(properties["Timestamp"]).Value);
        Assert.Matches("^\"[0-9]{4}\"$", properties["Thread"].ToString());
    }

    [Fact]
    public void An_adapter_may_carry_properties_of_its_own()
    {
        var log = Akka.Event.Logging.GetLogger(_system, "spec").ForContext("Lease", 7).ForContext("Owner", "me");
        log.Info("granted {Pages}", 5);
        log.Info("done");

        var granted = Written("granted {Pages}").Properties;
        Assert.Equal(("5", "7", "\"me\""), ($"{granted["Pages"]}", $"{granted["Lease"]}", $"{granted["Owner"]}"));
        Assert.Equal("7", Written("{Message:l}", "done").Properties["Lease"].ToString());
    }

    [Fact]
    public void A_property_of_one_adapter_is_unknown_to_the_one_it_came_from()
    {
        var plain = _system.GetLogger<SerilogLoggingAdapter>("spec");
        _ = plain.ForContext("Lease", 7);
        plain.Info("plain {N}", 1);

        Assert.DoesNotContain("Lease", Written("plain {N}").Properties.Keys);
    }

    [Fact]
    public void An_actor_can_have_an_adapter_of_Serilogs_own()
    {
        var actor = _system.ActorOf(Props.Create<SerilogTalker>(), "talker");
        actor.Tell("hello");

        var properties = Written("heard {What}").Properties;
        Assert.Equal("\"hello\"", properties["What"].ToString());
        Assert.Equal($"\"{typeof(SerilogTalker).FullName}\"", properties["SourceContext"].ToString());
        Assert.Equal("true", properties["OnSerilog"].ToString().ToLowerInvariant());
    }

    [Fact]
    public void The_formatter_renders_a_template() => Assert.Equal(
        "5 pages of \"disk\"", SerilogLogMessageFormatter.Instance.Format("{Pages} pages of {Device}", 5, "disk"));

    private static (LogEventLevel Level, Exception? Cause) LevelAndCause(LogEvent written) =>
        (written.Level, written.Exception);

    // The logger is subscribed a moment after the system's start.
    private void AwaitLogger() => Assert.True(SpinWait.SpinUntil(
        () =>
        {
            Akka.Event.Logging.GetLogger(_system, "ready").Info("ready");
            return _written.Count > 0;
        },
        TimeSpan.FromSeconds(20)));

    private LogEvent Written(string template, string? text = null)
    {
        while (_written.TryTake(out var written, TimeSpan.FromSeconds(20)))
        {
            if (written.MessageTemplate.Text == template && (text is null || written.RenderMessage() == text))
            {
                return written;
            }
        }

        throw new Xunit.Sdk.XunitException($"Nothing more was written, and no {template}.");
    }

    private sealed class Talker : ReceiveActor
    {
        private readonly ILoggingAdapter _log = Context.GetLogger();

        public Talker() => ReceiveAny(message => _log.Info("heard {What}", message));
    }

    private sealed class SerilogTalker : ReceiveActor
    {
        private readonly ILoggingAdapter _log =
            Context.GetLogger<SerilogLoggingAdapter>().ForContext("OnSerilog", true);

        public SerilogTalker() => ReceiveAny(message => _log.Info("heard {What}", message));
    }
}
