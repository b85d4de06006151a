using DmIo.Devices.IoUring;
using Xunit;

namespace DmIo.Tests.Devices.Ring;

public sealed class WaitBoundsTests
{
    private long pending;

    [Fact]
    public void So_many_wait_at_a_time()
    {
        var bounds = new WaitBounds(longestNanoseconds: 1, places: 2, () => pending);
        Assert.True(bounds.TryEnter());
        Assert.True(bounds.TryEnter());
        Assert.False(bounds.TryEnter());
        Assert.False(bounds.TryEnter());

        bounds.Leave();

        Assert.True(bounds.TryEnter());
        Assert.False(bounds.TryEnter());
    }

    [Fact]
    public void Nobody_waits_while_work_waits_for_a_thread()
    {
        var bounds = new WaitBounds(longestNanoseconds: 1, places: 1, () => pending);
        pending = 1;
        Assert.False(bounds.TryEnter());

        pending = 0;

        Assert.True(bounds.TryEnter());
    }

    [Fact]
    public void The_only_processor_is_not_lent() =>
        Assert.False(new WaitBounds(longestNanoseconds: 1, places: 0, () => pending).TryEnter());
}
