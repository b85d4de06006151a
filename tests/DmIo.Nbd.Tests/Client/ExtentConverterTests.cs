using DmIo.Devices;
using DmIo.Nbd.Client;
using DmIo.Nbd.Protocol;
using Xunit;

namespace DmIo.Nbd.Tests.Client;

/// <summary>From a server's extents of bytes to a device's of sectors.</summary>
public sealed class ExtentConverterTests
{
    private const AllocationState Hole = AllocationState.Hole | AllocationState.Zero;

    [Fact]
    public void Neighbours_of_one_kind_are_one_extent_and_nothing_goes_beyond_the_question()
    {
        var folding = new ExtentConverter(8 * 512, most: 9);

        folding.Add(1024, Hole);
        folding.Add(512, Hole);
        folding.Add(512, AllocationState.Zero);
        folding.Add(1 << 30, AllocationState.Data);

        Assert.Equal(
            [new(3, ExtentKind.Hole), new(1, ExtentKind.Zero), new(4, ExtentKind.Data)], folding.Extents);
    }

    [Fact]
    public void A_sector_that_is_not_all_of_one_kind_is_data()
    {
        var folding = new ExtentConverter(8 * 512, most: 9);

        folding.Add(700, Hole);
        folding.Add(10, AllocationState.Data);
        folding.Add(2000, Hole);

        Assert.Equal(
            [new(1, ExtentKind.Hole), new(1, ExtentKind.Data), new(3, ExtentKind.Hole)], folding.Extents);
    }

    [Fact]
    public void A_hole_that_does_not_read_as_zero_is_data()
    {
        var folding = new ExtentConverter(512, most: 1);

        folding.Add(512, AllocationState.Hole);

        Assert.Equal([new DeviceExtent(1, ExtentKind.Data)], folding.Extents);
    }

    [Fact]
    public void No_more_are_kept_than_were_asked_for()
    {
        var folding = new ExtentConverter(4 * 512, most: 2);

        folding.Add(512, Hole);
        folding.Add(512, AllocationState.Data);
        folding.Add(512, Hole);
        folding.Add(512, AllocationState.Data);

        Assert.Equal([new(1, ExtentKind.Hole), new(1, ExtentKind.Data)], folding.Extents);
    }
}
