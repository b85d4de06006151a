using DmIo.Actors.Client;
using Xunit;

namespace DmIo.Actors.Tests.Service;

public sealed class RetryPausesTests
{
    [Fact]
    public void Pauses_double_up_to_30_seconds()
    {
        var pauses = new RetryPauses(() => 0);

        Assert.Equal([1, 2, 4, 8, 16, 30, 30], Enumerable.Range(0, 7).Select(_ => pauses.Next().TotalSeconds));
    }

    [Fact]
    public void A_pause_is_shortened_by_a_random_part_of_up_to_a_quarter()
    {
        var pauses = new RetryPauses(() => 1);

        Assert.Equal([0.75, 1.5, 3], Enumerable.Range(0, 3).Select(_ => pauses.Next().TotalSeconds));
    }
}
