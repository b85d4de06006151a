using DmIo.Cli.Exit;
using DmIo.Cli.Service;
using DmIo.Cli.Transfer;
using DmIo.Devices;
using DmIo.Io;
using Xunit;

namespace DmIo.Cli.Tests.Transfer;

/// <summary>Checks of regions before the first I/O: refusals, and errors of one region.</summary>
public sealed class RegionPlanTests
{
    [Fact]
    public void An_input_larger_than_a_device_is_refused_with_both_sizes()
    {
        var fault = Assert.Throws<RefusedException>(() => RegionPlan.ForWrite([Target("a", 90, null)], 11 * 512));

        Assert.Contains("5632 bytes (11 sectors)", fault.Message);
        Assert.Contains("a@90", fault.Message);
        Assert.Contains("10 sectors", fault.Message);
    }

    [Fact]
    public void A_write_that_starts_beyond_the_end_is_refused_with_the_capacity()
    {
        var fault = Assert.Throws<RefusedException>(() => RegionPlan.ForWrite([Target("a", 101, null)], 512));

        Assert.Contains("a@101", fault.Message);
        Assert.Contains("100 sectors", fault.Message);
    }

    [Fact]
    public void An_input_that_fills_the_device_is_accepted()
    {
        Assert.Single(RegionPlan.ForWrite([Target("a", 90, null)], (9 * 512) + 1));
    }

    [Fact]
    public void A_region_larger_than_the_input_is_refused()
    {
        Assert.Throws<RefusedException>(() => RegionPlan.ForWrite([Target("a", 0, 3)], 2 * 512));
    }

    [Fact]
    public void R13_a_range_beyond_the_end_fails_only_that_region()
    {
        var regions = RegionPlan.ForWrite([Target("a", 99, 2), Target("b", 98, 2)], null);

        Assert.Equal(["OutOfRange", "Ok"], regions.Select(region => region.Outcome.Status));
        Assert.True(regions[0].IsGivenUp);
    }

    [Fact]
    public void R13_the_largest_sector_and_count_do_not_overflow()
    {
        var target = Target("a", long.MaxValue, SectorCount.MaxValue);

        Assert.Equal("OutOfRange", RegionPlan.ToDeviceEnd([target], mayOverlap: false)[0].Outcome.Status);
    }

    [Theory]
    [InlineData(0, 8, 7, 8)]
    [InlineData(7, 8, 0, 8)]
    [InlineData(0, 8, 0, null)]
    [InlineData(50, null, 0, null)]
    public void R3_overlapping_regions_of_one_device_are_refused(
        long start, int? count, long otherStart, int? otherCount)
    {
        Assert.Throws<RefusedException>(
            () => RegionPlan.ForWrite([Target("a", start, count), Target("a", otherStart, otherCount)], null));
    }

    [Fact]
    public void Regions_without_a_count_overlap_by_the_length_of_a_known_input()
    {
        Assert.Equal(2, RegionPlan.ForWrite([Target("a", 0, null), Target("a", 8, null)], 8 * 512).Length);
        Assert.Throws<RefusedException>(
            () => RegionPlan.ForWrite([Target("a", 0, null), Target("a", 8, null)], (8 * 512) + 1));
    }

    [Fact]
    public void R1_at_most_sixty_four_regions_are_accepted()
    {
        var targets = Enumerable.Range(0, 65).Select(index => Target($"d{index}", 0, 1)).ToArray();

        Assert.Equal(64, RegionPlan.WholeDevices(targets[..64]).Length);
        Assert.Throws<RefusedException>(() => RegionPlan.WholeDevices(targets));
        Assert.Throws<RefusedException>(() => RegionPlan.ToDeviceEnd(targets, mayOverlap: false));
    }

    [Fact]
    public void Without_a_count_a_region_ends_at_the_end_of_its_device()
    {
        Assert.Equal(60, RegionPlan.ToDeviceEnd([Target("a", 40, null)], mayOverlap: true)[0].Sectors);
        Assert.Throws<RefusedException>(() => RegionPlan.ToDeviceEnd([Target("a", 101, null)], mayOverlap: true));
    }

    [Fact]
    public void Compared_regions_have_the_count_of_one_of_them()
    {
        var regions = RegionPlan.ForVerify([Target("a", 0, null), Target("b", 5, 9), Target("c", 7, null)]);

        Assert.All(regions, region => Assert.Equal(9, region.Sectors));
    }

    [Fact]
    public void Regions_of_different_lengths_are_refused()
    {
        Assert.Throws<RefusedException>(() => RegionPlan.ForVerify([Target("a", 0, null), Target("b", 5, null)]));
        Assert.Throws<RefusedException>(() => RegionPlan.ForVerify([Target("a", 0, 8), Target("b", 5, 9)]));
    }

    private static TargetRegion Target(string device, long start, long? count) =>
        new(device, device, start, count,
            new DeviceDescription { Backend = "fake", Capacity = ByteSize.FromSectors(100) });
}
