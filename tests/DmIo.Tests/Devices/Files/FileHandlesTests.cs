using DmIo.Devices.Files;
using Xunit;

namespace DmIo.Tests.Devices.Files;

/// <summary>Opening a file that its last owner may still hold for a moment.</summary>
public sealed class FileHandlesTests
{
    [Fact]
    public void It_is_tried_again_until_the_last_owner_is_gone()
    {
        var tries = 0;

        Assert.True(FileHandles.RetryWhileLocked(() => ++tries == 4));

        Assert.Equal(4, tries);
    }

    [Fact]
    public void It_is_given_up_where_the_owner_stays()
    {
        var tries = 0;

        Assert.False(FileHandles.RetryWhileLocked(() => ++tries < 0));

        Assert.True(tries > 1);
    }
}
