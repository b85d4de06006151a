using DmIo.Devices.Files;
using Xunit;

namespace DmIo.Tests.Devices;

/// <summary>An open that finds the file taken by somebody who is just leaving.</summary>
public sealed class LastOwnerTests
{
    [Fact]
    public void It_is_tried_again_until_the_last_owner_is_gone()
    {
        var tries = 0;

        Assert.True(LastOwner.WaitUntilGone(() => ++tries == 4));

        Assert.Equal(4, tries);
    }

    [Fact]
    public void It_is_given_up_where_the_owner_stays()
    {
        var tries = 0;

        Assert.False(LastOwner.WaitUntilGone(() => ++tries < 0));

        Assert.True(tries > 1);
    }
}
