using DmIo.Volumes.Maps;
using DmIo.Volumes.Sync;
using DmIo.Volumes.Tests.Writing;
using DmIo.Volumes.Writing;
using Xunit;

namespace DmIo.Volumes.Tests.Sync;

/// <summary>How much is copied between legs at once.</summary>
public sealed class CopyPaceTests
{
    private readonly WriterFixture fixture = WriterFixture.Active(legs: 2);

    [Theory]
    [InlineData(true, 1, 1)]
    [InlineData(false, Synchronization.MaxCopies, Synchronization.MaxRegions)]
    public void Copies_are_few_and_small_while_users_have_IO(bool isBusy, int copies, int regions)
    {
        fixture.State.Unresolved.SetRange(new RegionRange(0, fixture.State.Regions));

        new Synchronization().Run(fixture.Core, fixture.Now, isBusy);
        fixture.Settle();

        var started = fixture.Steps.OfType<CopyStep>().ToArray();
        Assert.Equal(copies, started.Length);
        Assert.All(started, copy => Assert.Equal(regions, copy.Range.Count));
    }
}
