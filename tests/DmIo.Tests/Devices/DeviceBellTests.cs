using DmIo.Devices;
using Xunit;

namespace DmIo.Tests.Devices;

public sealed class DeviceBellTests
{
    private readonly DeviceBell bell = new();
    private int sounds;

    public DeviceBellTests() => bell.SoundBy(() => sounds++);

    [Fact]
    public void A_wait_is_ended_by_one_sound_however_often_it_is_rung()
    {
        Assert.True(bell.TryAwait());
        bell.Ring();
        bell.Ring();

        Assert.True(bell.EndAwait());
        Assert.Equal(1, sounds);
    }

    [Fact]
    public void A_wait_that_nobody_ended_leaves_no_sound_behind()
    {
        Assert.True(bell.TryAwait());
        Assert.False(bell.EndAwait());
        bell.Ring();

        Assert.Equal(0, sounds);
    }

    [Fact]
    public void Who_has_something_in_its_mailbox_does_not_wait()
    {
        bell.Ring();

        Assert.False(bell.TryAwait());
        Assert.Equal(0, sounds);
    }

    [Fact]
    public void A_turn_that_comes_behind_what_was_rung_for_may_wait()
    {
        bell.Ring();
        bell.Hush();

        Assert.True(bell.TryAwait());
    }

    [Fact]
    public void What_ended_a_wait_keeps_from_the_next()
    {
        Assert.True(bell.TryAwait());
        bell.Ring();
        Assert.True(bell.EndAwait());

        Assert.False(bell.TryAwait());
    }

    [Fact]
    public void To_hush_does_not_end_a_wait()
    {
        Assert.True(bell.TryAwait());
        bell.Hush();
        bell.Ring();

        Assert.True(bell.EndAwait());
        Assert.Equal(1, sounds);
    }
}
