using DmIo.Devices;
using DmIo.Nbd.Client;
using DmIo.Nbd.Protocol;
using Xunit;

namespace DmIo.Nbd.Tests.Client;

/// <summary>Conversion of a server's extents in bytes to a device's extents in sectors.</summary>
public sealed class ExtentConverterTests
{
    private const AllocationState Hole = AllocationState.Hole | AllocationState.Zero;

    [Fact]
    public void Adjacent_extents_of_one_kind_are_merged_and_limited_to_the_range()
    {
        var folding = new ExtentConverter(8 * 512, max: 9);

        folding.Add(1024, Hole);
        folding.Add(512, Hole);
        folding.Add(512, AllocationState.Zero);
        folding.Add(1 << 30, AllocationState.Data);

        Assert.Equal(
            [new(3, ExtentKind.Hole), new(1, ExtentKind.Zero), new(4, ExtentKind.Data)], folding.Extents);
    }

    [Fact]
    public void A_sector_of_mixed_kinds_is_data()
    {
        var folding = new ExtentConverter(8 * 512, max: 9);

        folding.Add(700, Hole);
        folding.Add(10, AllocationState.Data);
        folding.Add(2000, Hole);

        Assert.Equal(
            [new(1, ExtentKind.Hole), new(1, ExtentKind.Data), new(3, ExtentKind.Hole)], folding.Extents);
    }

    [Fact]
    public void A_hole_that_does_not_read_as_zero_is_data()
    {
        var folding = new ExtentConverter(512, max: 1);

        folding.Add(512, AllocationState.Hole);

        Assert.Equal([new DeviceExtent(1, ExtentKind.Data)], folding.Extents);
    }

    [Fact]
    public void The_number_of_extents_is_limited()
    {
        var folding = new ExtentConverter(4 * 512, max: 2);

        folding.Add(512, Hole);
        folding.Add(512, AllocationState.Data);
        folding.Add(512, Hole);
        folding.Add(512, AllocationState.Data);

        Assert.Equal([new(1, ExtentKind.Hole), new(1, ExtentKind.Data)], folding.Extents);
    }
}
