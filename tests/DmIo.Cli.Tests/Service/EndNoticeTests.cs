using DmIo.Tests.Devices;
using Xunit;

namespace DmIo.Cli.Tests;

/// <summary>What a user hears who wants to end and has to wait.</summary>
public sealed class EndNoticeTests : IDisposable
{
    private readonly ManualTime time = new();
    private readonly TestStreams streams;

    public EndNoticeTests() => streams = new TestStreams { Clock = time };

    public void Dispose() => streams.Dispose();

    [Theory]
    [InlineData(0, "what it has begun")]
    [InlineData(1, "1 request in flight")]
    [InlineData(3, "3 requests in flight")]
    public async Task Who_wants_to_end_hears_what_is_waited_for_and_how_not_to_wait(long inFlight, string awaited)
    {
        var notice = new EndNotice(streams, "dmio write", _ => Task.FromResult(inFlight));

        streams.Interrupt();
        time.Advance(EndNotice.Patience);
        await notice.DisposeAsync();

        Assert.Equal(
            $"dmio write: waits for {awaited}; a second Ctrl-C or SIGTERM does not wait\n",
            streams.ErrorText.ToString().ReplaceLineEndings("\n"));
        Assert.Empty(streams.OutputText.ToString());
    }

    [Fact]
    public async Task What_ends_soon_after_says_nothing()
    {
        var notice = new EndNotice(streams, "dmio write", _ => Task.FromResult(3L));

        streams.Interrupt();
        time.Advance(EndNotice.Patience - TimeSpan.FromTicks(1));
        await notice.DisposeAsync();

        Assert.Empty(streams.ErrorText.ToString());
    }

    [Fact]
    public async Task Who_does_not_want_to_end_hears_nothing()
    {
        var notice = new EndNotice(streams, "dmio write", _ => Task.FromResult(3L));

        time.Advance(EndNotice.Patience);
        await notice.DisposeAsync();

        Assert.Empty(streams.ErrorText.ToString());
    }
}
