using DmIo.Devices.Files;
using Xunit;

namespace DmIo.Tests.Devices.Files;

/// <summary>Opening a file that its last owner may still lock for a moment.</summary>
public sealed class FileHandlesTests
{
    [Fact]
    public void Opening_is_retried_until_the_last_owner_has_closed_the_file()
    {
        var tries = 0;

        Assert.True(FileHandles.RetryWhileLocked(() => ++tries == 4));

        Assert.Equal(4, tries);
    }

    [Fact]
    public void Opening_fails_if_the_owner_keeps_the_file()
    {
        var tries = 0;

        Assert.False(FileHandles.RetryWhileLocked(() => ++tries < 0));

        Assert.True(tries > 1);
    }
}
