// Event filters: counting what is logged while an action runs, by level, text, source and exception.

using System.Text.RegularExpressions;
using Akka.Actor;
using Akka.Conformance.Tests.Fixtures;
using Akka.Event;
using Xunit;
using Xunit.Sdk;

namespace Akka.Conformance.Tests.Kit;

public sealed class EventFilterSpecs : Specification
{
    private static readonly Regex Pattern = new("^a.*e$", RegexOptions.None, TimeSpan.FromSeconds(1));

    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(200);

    public EventFilterSpecs()
        : base("akka.loglevel = DEBUG")
    {
    }

    [Fact]
    public void Each_level_has_its_filter()
    {
        EventFilter.Debug("a debug").ExpectOne(() => Sys.Log.Debug("a debug"));
        EventFilter.Info("an info").ExpectOne(() => Sys.Log.Info("an info"));
        EventFilter.Warning("a warning").ExpectOne(() => Sys.Log.Warning("a warning"));
        EventFilter.Error("an error").ExpectOne(() => Sys.Log.Error("an error"));
    }

    [Fact]
    public void A_text_matches_whole_by_its_start_by_a_part_or_by_pattern()
    {
        EventFilter.Info(message: "abcde").ExpectOne(() => Sys.Log.Info("abcde"));
        EventFilter.Info(start: "abc").ExpectOne(() => Sys.Log.Info("abcde"));
        EventFilter.Info(contains: "bcd").ExpectOne(() => Sys.Log.Info("abcde"));
        EventFilter.Info(Pattern).ExpectOne(() => Sys.Log.Info("abcde"));
    }

    [Fact]
    public void What_does_not_match_is_not_counted()
        => EventFilter.Info("wanted").ExpectOne(() =>
        {
            Sys.Log.Info("other");
            Sys.Log.Warning("wanted");
            Sys.Log.Info("wanted");
        });

    [Fact]
    public void The_text_is_matched_with_its_arguments_in_place()
        => EventFilter.Info("3 of 4").ExpectOne(() => Sys.Log.Info("{0} of {1}", 3, 4));

    [Fact]
    public void Too_few_events_fail_when_the_leeway_is_over()
    {
        var failure = Assert.ThrowsAny<XunitException>(
            () => EventFilter.Info("twice").Expect(2, TimeSpan.FromSeconds(2), () => Sys.Log.Info("twice")));
        Assert.Contains("Only received 1/2 messages", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Too_many_events_fail()
    {
        var failure = Assert.ThrowsAny<XunitException>(() => EventFilter.Info("once").ExpectOne(() =>
        {
            var logged = Start((context, _) =>
            {
                Sys.Log.Info("once");
                Sys.Log.Info("once");
                context.Sender.Tell("logged");
            });
            logged.Tell("go");
            ExpectMsg("logged");
            WaitUntilLogged();
        }));
        Assert.Contains("Received 1 message too many", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void None_expected_fails_on_one()
        => Assert.ThrowsAny<XunitException>(() => EventFilter.Info("none").Expect(0, () => Sys.Log.Info("none")));

    [Fact]
    public void None_expected_passes_in_silence()
    {
        var ran = false;
        EventFilter.Info("none").Expect(0, Short, () => ran = true);
        Assert.True(ran);
    }

    [Fact]
    public void Exceptions_are_filtered_by_type_and_text()
    {
        EventFilter.Exception<TestFailureException>().ExpectOne(Fail);
        EventFilter.Exception<TestFailureException>("the cause").ExpectOne(Fail);
        EventFilter.Exception<Exception>(contains: "cause").ExpectOne(Fail);
        EventFilter.Exception<TestFailureException>(start: "the").ExpectOne(Fail);
        Assert.ThrowsAny<XunitException>(() => EventFilter.Exception<FormatException>().ExpectOne(Short, Fail));

        void Fail() => Sys.Log.Error(new TestFailureException("the cause"), "logged");
    }

    [Fact]
    public void A_source_narrows_a_filter()
    {
        var actor = Start((context, _) => context.GetLogger().Info("from somewhere"), "source");
        EventFilter.Info("from somewhere", source: actor.Path.ToString()).ExpectOne(() => actor.Tell("log"));
    }

    [Fact]
    public void A_custom_filter_sees_the_event()
        => EventFilter.Custom(logged => logged is Warning warning && warning.Message.ToString() == "custom")
            .ExpectOne(() => Sys.Log.Warning("custom"));

    [Fact]
    public void Filters_combine_with_And()
        => EventFilter.Info("one").And.Warning("two").Expect(2, () =>
        {
            Sys.Log.Info("one");
            Sys.Log.Warning("two");
        });

    [Fact]
    public void The_value_of_the_action_is_returned()
        => Assert.Equal(7, EventFilter.Info("value").ExpectOne(() =>
        {
            Sys.Log.Info("value");
            return 7;
        }));

    [Fact]
    public async Task ExpectAsync_awaits_the_action()
    {
        var ran = false;
        await EventFilter.Info("async").ExpectAsync(1, async () =>
        {
            await Task.Yield();
            Sys.Log.Info("async");
            ran = true;
        });
        await EventFilter.Info("async").ExpectOneAsync(() =>
        {
            Sys.Log.Info("async");
            return Task.CompletedTask;
        });
        Assert.True(ran);
    }

    [Fact]
    public void Dead_letters_are_filtered_by_type_and_source()
    {
        var actor = StartEcho("departed");
        StopAndWait(actor);
        EventFilter.DeadLetter().ExpectOne(() => actor.Tell("a"));
        EventFilter.DeadLetter<int>().ExpectOne(() => actor.Tell(1));
        EventFilter.DeadLetter<string>().ExpectOne(() => actor.Tell("b"));
        EventFilter.DeadLetter<string>(letter => Equals(letter, "c")).ExpectOne(() =>
        {
            actor.Tell("d");
            actor.Tell("c");
        });
    }

    [Fact]
    public void Mute_lets_the_action_run_whatever_it_logs()
    {
        EventFilter.Error("muted").Mute(() => Sys.Log.Error("muted"));
        Assert.Equal(3, EventFilter.Error("muted").Mute(() => 3));
        using (EventFilter.Error("muted").Mute())
        {
            Sys.Log.Error("muted");
        }
    }

    /// <summary>The listener handles events in order: when this one is counted, those before it are.</summary>
    private void WaitUntilLogged() => EventFilter.Info("end").ExpectOne(() => Sys.Log.Info("end"));
}
