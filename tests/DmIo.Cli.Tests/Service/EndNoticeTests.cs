using DmIo.Cli.Service;
using DmIo.Cli.Tests.Support;
using Xunit;

namespace DmIo.Cli.Tests.Service;

/// <summary>The notice of an interrupted command that has not ended yet.</summary>
public sealed class EndNoticeTests : IDisposable
{
    private readonly ManualTime time = new();
    private readonly TestStreams streams;

    public EndNoticeTests() => streams = new TestStreams { Clock = time };

    public void Dispose() => streams.Dispose();

    [Theory]
    [InlineData(0, "its current operation")]
    [InlineData(1, "1 request in flight")]
    [InlineData(3, "3 requests in flight")]
    public async Task The_notice_names_the_reason_of_the_wait_and_the_way_to_end_it(long inFlight, string reason)
    {
        var notice = new EndNotice(streams, "dmio write", _ => Task.FromResult(inFlight));

        streams.Interrupt();
        time.Advance(EndNotice.Delay);
        await notice.DisposeAsync();

        Assert.Equal(
            $"dmio write: waits for {reason}; a second Ctrl-C or SIGTERM does not wait\n",
            streams.ErrorText.ToString().ReplaceLineEndings("\n"));
        Assert.Empty(streams.OutputText.ToString());
    }

    [Fact]
    public async Task A_command_that_ends_soon_prints_no_notice()
    {
        var notice = new EndNotice(streams, "dmio write", _ => Task.FromResult(3L));

        streams.Interrupt();
        time.Advance(EndNotice.Delay - TimeSpan.FromTicks(1));
        await notice.DisposeAsync();

        Assert.Empty(streams.ErrorText.ToString());
    }

    [Fact]
    public async Task Without_a_signal_there_is_no_notice()
    {
        var notice = new EndNotice(streams, "dmio write", _ => Task.FromResult(3L));

        time.Advance(EndNotice.Delay);
        await notice.DisposeAsync();

        Assert.Empty(streams.ErrorText.ToString());
    }
}
