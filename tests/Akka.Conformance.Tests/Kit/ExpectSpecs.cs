// The test kit's expectations: what they accept, what they return, and what they say when they fail.

using Akka.Actor;
using Akka.Conformance.Tests.Fixtures;
using Xunit;
using Xunit.Sdk;

namespace Akka.Conformance.Tests.Kit;

public sealed class ExpectSpecs : Specification
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(50);

    [Fact]
    public void ExpectMsg_returns_the_message()
    {
        TestActor.Tell("hello");
        Assert.Equal("hello", ExpectMsg<string>());
    }

    [Fact]
    public void ExpectMsg_compares_with_the_message_expected()
    {
        TestActor.Tell("hello");
        Assert.ThrowsAny<XunitException>(() => ExpectMsg("good bye"));
    }

    [Fact]
    public void ExpectMsg_runs_a_predicate()
    {
        TestActor.Tell(3);
        Assert.Equal(3, ExpectMsg<int>(number => number > 2));
        TestActor.Tell(1);
        Assert.ThrowsAny<XunitException>(() => ExpectMsg<int>(number => number > 2));
    }

    [Fact]
    public void ExpectMsg_runs_assertions_on_message_and_sender()
    {
        var probe = CreateTestProbe();
        TestActor.Tell("hello", probe.Ref);
        ExpectMsg<string>((message, sender) =>
        {
            Assert.Equal("hello", message);
            Assert.Equal(probe.Ref, sender);
        });
        TestActor.Tell("again", probe.Ref);
        ExpectMsg<string>((message, sender) => message == "again" && sender.Equals(probe.Ref));
    }

    [Fact]
    public void ExpectMsg_fails_on_another_type_and_names_both()
    {
        TestActor.Tell(42);
        var failure = Assert.ThrowsAny<XunitException>(() => ExpectMsg<string>());
        Assert.Contains("Expected a message of type System.String", failure.Message, StringComparison.Ordinal);
        Assert.Contains("received {42} (type System.Int32)", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ExpectMsg_without_a_message_fails_at_its_timeout_and_says_so()
    {
        var failure = Assert.ThrowsAny<XunitException>(() => ExpectMsg<string>(Short, hint: "the hint"));
        Assert.Contains(
            "Timeout 00:00:00.0500000 while waiting for a message of type System.String the hint",
            failure.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task ExpectMsgAsync_awaits_the_message()
    {
        var expecting = ExpectMsgAsync<string>(TimeSpan.FromSeconds(20));
        TestActor.Tell("hello");
        Assert.Equal("hello", await expecting);
        TestActor.Tell(1);
        await ExpectMsgAsync(1);
        TestActor.Tell(2);
        await ExpectMsgAsync<int>(number => number == 2);
        TestActor.Tell(3);
        await ExpectMsgAsync<int>(number => Assert.Equal(3, number));
    }

    [Fact]
    public void ExpectNoMsg_passes_in_silence_and_fails_on_a_message()
    {
        ExpectNoMsg(Short);
        ExpectNoMsg(20);
        TestActor.Tell("noise");
        var failure = Assert.ThrowsAny<XunitException>(() => ExpectNoMsg(Short));
        Assert.Contains("Expected no messages during 00:00:00.0500000", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ExpectNoMsgAsync_passes_in_silence_and_fails_on_a_message()
    {
        await ExpectNoMsgAsync(Short);
        TestActor.Tell("noise");
        await Assert.ThrowsAnyAsync<XunitException>(async () => await ExpectNoMsgAsync(Short));
    }

    [Fact]
    public void ExpectTerminated_names_the_actor_that_must_be_dead()
    {
        var wanted = StartEcho();
        var other = StartEcho();
        Watch(other);
        Sys.Stop(other);
        Assert.ThrowsAny<XunitException>(() => ExpectTerminated(wanted));
    }

    [Fact]
    public void ExpectMsgAnyOf_takes_one_of_several()
    {
        TestActor.Tell("b");
        Assert.Equal("b", ExpectMsgAnyOf(["a", "b"]));
        TestActor.Tell("c");
        Assert.ThrowsAny<XunitException>(() => ExpectMsgAnyOf(["a", "b"]));
    }

    [Fact]
    public void ExpectMsgAllOf_takes_them_in_any_order()
    {
        TestActor.Tell(2);
        TestActor.Tell(1);
        Assert.Equal([2, 1], ExpectMsgAllOf(1, 2));
        TestActor.Tell(1);
        TestActor.Tell(3);
        Assert.ThrowsAny<XunitException>(() => ExpectMsgAllOf(1, 2));
    }

    [Fact]
    public void ReceiveN_takes_so_many_or_fails()
    {
        TestActor.Tell(1);
        TestActor.Tell(2);
        Assert.Equal([1, 2], ReceiveN(2).Cast<int>());
        TestActor.Tell(3);
        Assert.ThrowsAny<XunitException>(() => ReceiveN(2, Short));
    }

    [Fact]
    public void ReceiveOne_gives_null_when_nothing_comes()
    {
        Assert.Null(ReceiveOne(Short));
        Assert.Null(ReceiveOne(TimeSpan.Zero));
        TestActor.Tell("hello");
        Assert.Equal("hello", ReceiveOne(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void ReceiveWhile_takes_as_long_as_the_predicate_holds_and_leaves_the_next()
    {
        foreach (var number in Enumerable.Range(1, 5))
        {
            TestActor.Tell(number);
        }

        Assert.Equal([1, 2, 3], ReceiveWhile<int>(number => number < 4));
        ExpectMsg(4);
    }

    [Fact]
    public void FishForMessage_drops_what_does_not_match()
    {
        TestActor.Tell(1);
        TestActor.Tell("bait");
        TestActor.Tell(2);
        TestActor.Tell("fish");
        Assert.Equal("fish", FishForMessage<string>(message => message == "fish"));
        Assert.False(HasMessages);
        var failure = Assert.ThrowsAny<XunitException>(() => FishForMessage(_ => true, Short, "the hint"));
        Assert.Contains("during fishForMessage, hint: the hint", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FishForMessageAsync_awaits_the_one_that_matches()
    {
        var fishing = FishForMessageAsync<int>(number => number == 2, TimeSpan.FromSeconds(20));
        TestActor.Tell(1);
        TestActor.Tell(2);
        Assert.Equal(2, await fishing);
    }

    [Fact]
    public void IgnoreMessages_drops_what_matches_until_told_otherwise()
    {
        IgnoreMessages<int>(number => number % 2 == 0);
        TestActor.Tell(2);
        TestActor.Tell(3);
        ExpectMsg(3);
        IgnoreMessages(message => message is string);
        TestActor.Tell("ignored");
        TestActor.Tell(4);
        ExpectMsg(4);
        IgnoreNoMessages();
        TestActor.Tell("heard");
        ExpectMsg("heard");
    }
}
