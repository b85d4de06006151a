using DmIo.Cli.Bench;
using Xunit;

namespace DmIo.Cli.Tests.Bench;

/// <summary>The requests that are sent, and those that count.</summary>
public sealed class BenchWindowTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void By_duration_requests_count_that_complete_within_it()
    {
        var window = new BenchWindow(new BenchLimits(Second, Second), CancellationToken.None);

        Assert.True(window.MaySend(window.End - 1));
        Assert.False(window.MaySend(window.End));
        Assert.True(window.Counts(sentAt: window.Start - 1, now: window.Start));
        Assert.False(window.Counts(sentAt: window.Start - 2, now: window.Start - 1));
        Assert.False(window.Counts(sentAt: window.Start, now: window.End));
    }

    [Fact]
    public void By_number_exactly_that_many_are_sent_after_the_warm_up_and_count()
    {
        var window = new BenchWindow(new BenchLimits(Second, Second, Requests: 2), CancellationToken.None);

        Assert.True(window.MaySend(window.Start - 1));
        Assert.Equal([true, true, false, false], Enumerable.Range(0, 4).Select(_ => window.MaySend(window.Start)));
        Assert.False(window.Counts(sentAt: window.Start - 1, now: window.Start));
        Assert.True(window.Counts(sentAt: window.Start, now: long.MaxValue));
    }

    [Fact]
    public void After_an_interrupt_nothing_is_sent_and_requests_in_flight_count()
    {
        var window = new BenchWindow(new BenchLimits(TimeSpan.Zero, Second), new CancellationToken(canceled: true));

        Assert.False(window.MaySend(window.Start));
        Assert.True(window.Counts(window.Start, window.Start));
    }
}
