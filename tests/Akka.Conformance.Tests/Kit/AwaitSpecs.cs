// Waiting for a state: AwaitAssert, AwaitCondition, Within; and the time factor that stretches every limit.

using Akka.Actor;
using Akka.Conformance.Tests.Fixtures;
using Akka.TestKit;
using Xunit;
using Xunit.Sdk;

namespace Akka.Conformance.Tests.Kit;

public sealed class AwaitSpecs : Specification
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(60);
    private static readonly TimeSpan Generous = TimeSpan.FromSeconds(20);

    public AwaitSpecs()
        : base("""
            akka.test.timefactor = 2.0
            akka.test.single-expect-default = 4s
            """)
    {
    }

    [Fact]
    public void AwaitAssert_tries_until_the_assertion_holds()
    {
        var attempts = 0;
        AwaitAssert(() => Assert.True(++attempts == 3), Generous, TimeSpan.FromMilliseconds(1));
        Assert.Equal(3, attempts);
    }

    [Fact]
    public void AwaitAssert_gives_up_with_the_assertions_own_failure()
        => Assert.Throws<TestFailureException>(
            () => AwaitAssert(() => throw new TestFailureException(), Short, TimeSpan.FromMilliseconds(10)));

    [Fact]
    public async Task AwaitAssertAsync_tries_until_the_assertion_holds()
    {
        var attempts = 0;
        await AwaitAssertAsync(() => Assert.True(++attempts == 3), Generous, TimeSpan.FromMilliseconds(1));
        Assert.Equal(3, attempts);
    }

    [Fact]
    public void AwaitCondition_waits_until_it_is_true()
    {
        var asked = 0;
        AwaitCondition(() => ++asked == 3, Generous, TimeSpan.FromMilliseconds(1));
        Assert.Equal(3, asked);
    }

    [Fact]
    public void AwaitCondition_fails_at_its_timeout()
    {
        var failure = Assert.ThrowsAny<XunitException>(() => AwaitCondition(() => false, Short));
        Assert.Contains("expired while waiting for condition", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AwaitConditionAsync_waits_until_it_is_true()
    {
        var asked = 0;
        await AwaitConditionAsync(() => Task.FromResult(++asked == 3), Generous);
        Assert.Equal(3, asked);
    }

    [Fact]
    public void Within_returns_what_its_block_returned()
        => Assert.Equal(7, Within(Generous, () => 7));

    [Fact]
    public void Within_limits_the_expectations_inside_it()
        => Within(Generous, () =>
        {
            Assert.InRange(RemainingOrDefault, TimeSpan.FromSeconds(9), Generous + Generous);
            Assert.InRange(Remaining, TimeSpan.FromSeconds(9), Generous + Generous);
        });

    [Fact]
    public void Within_fails_a_block_that_was_too_fast()
    {
        var failure = Assert.ThrowsAny<XunitException>(() => Within(TimeSpan.FromSeconds(10), Generous, () => { }));
        Assert.Contains("should have at least been 00:00:10", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Within_fails_an_expectation_that_takes_longer()
        => Assert.ThrowsAny<XunitException>(() => Within(Short, () => ExpectMsg<string>()));

    [Fact]
    public async Task WithinAsync_awaits_its_block()
    {
        await WithinAsync(Generous, async () =>
        {
            TestActor.Tell("inside");
            await ExpectMsgAsync("inside");
        });
        Assert.False(HasMessages);
    }

    [Fact]
    public void Outside_of_within_there_is_no_remaining_time()
    {
        Assert.Throws<InvalidOperationException>(() => Remaining);
        Assert.Equal(TimeSpan.FromSeconds(8), RemainingOrDefault);
    }

    [Fact]
    public void Limits_are_stretched_by_the_time_factor()
    {
        Assert.Equal(2.0, TestKitSettings.TestTimeFactor);
        Assert.Equal(TimeSpan.FromSeconds(4), TestKitSettings.SingleExpectDefault);
        Assert.Equal(Short + Short, Dilated(Short));
        Assert.Equal(Short + Short, RemainingOrDilated(Short));
        Assert.Equal(TimeSpan.FromSeconds(8), RemainingOrDilated(null));
    }

    [Fact]
    public void The_kits_own_settings_have_defaults()
    {
        Assert.Equal(TimeSpan.FromSeconds(5), TestKitSettings.DefaultTimeout);
        Assert.Equal(TimeSpan.FromSeconds(3), TestKitSettings.TestEventFilterLeeway);
    }

    [Fact]
    public void A_latch_opens_when_it_was_counted_down()
    {
        var latch = CreateTestLatch(2);
        latch.CountDown();
        Assert.False(latch.IsOpen);
        Start((_, _) => latch.CountDown()).Tell("go");
        latch.Ready(Generous);
        Assert.True(latch.IsOpen);
    }

    [Fact]
    public void A_latch_that_stays_shut_times_out()
        => Assert.Throws<TimeoutException>(() => CreateTestLatch().Ready(Short));
}
