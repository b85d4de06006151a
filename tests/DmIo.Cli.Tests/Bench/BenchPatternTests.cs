using DmIo.Cli.Bench;
using DmIo.Io;
using Xunit;

namespace DmIo.Cli.Tests.Bench;

/// <summary>The blocks that a bench accesses.</summary>
public sealed class BenchPatternTests
{
    private const int Blocks = 10;

    [Fact]
    public void A_sequential_load_starts_each_lease_at_another_block_and_wraps_around()
    {
        var pattern = new BenchPattern(NewWorkload(BenchOperation.Write), lease: 1, leases: 2);

        Assert.Equal([5, 6, 7, 8, 9, 0, 1], Enumerable.Range(0, 7).Select(_ => pattern.NextTarget()));
    }

    [Fact]
    public void A_random_load_accesses_every_block_and_no_other()
    {
        var pattern = new BenchPattern(NewWorkload(BenchOperation.RandRead), lease: 0, leases: 1);

        var blocks = Enumerable.Range(0, 1000).Select(_ => pattern.NextTarget()).Distinct().Order();

        Assert.Equal(Enumerable.Range(0, Blocks).Select(block => (long)block), blocks);
    }

    [Fact]
    public void The_same_seed_gives_the_same_blocks_and_each_lease_has_others()
    {
        var workload = NewWorkload(BenchOperation.RandWrite) with { Seed = 7 };

        var first = Take(new BenchPattern(workload, lease: 0, leases: 2));

        Assert.Equal(first, Take(new BenchPattern(workload, lease: 0, leases: 2)));
        Assert.NotEqual(first, Take(new BenchPattern(workload, lease: 1, leases: 2)));
        Assert.NotEqual(first, Take(new BenchPattern(workload with { Seed = 8 }, lease: 0, leases: 2)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(30)]
    [InlineData(100)]
    public void A_mixed_load_has_the_given_percentage_of_reads(int percent)
    {
        var workload = NewWorkload(BenchOperation.RandRw) with { ReadPercent = percent };
        var pattern = new BenchPattern(workload, lease: 0, leases: 1);

        var reads = Enumerable.Range(0, 10_000).Count(_ => pattern.NextIsRead());

        var tolerance = percent is 0 or 100 ? 0 : 200;
        Assert.InRange(reads, (percent * 100) - tolerance, (percent * 100) + tolerance);
    }

    [Fact]
    public void The_smallest_region_determines_the_working_set()
    {
        var workload = NewWorkload(BenchOperation.Write) with
        {
            Regions = [new IoRegion("a", 0, 100), new IoRegion("b", 7, 17)],
        };

        Assert.Equal(2, workload.Blocks);
        Assert.Equal((2, 4), (workload.Targets, (workload with { IsSpread = true }).Targets));
    }

    [Theory]
    [InlineData(1, "abc")]
    [InlineData(2, "ac|b")]
    [InlineData(3, "a|b|c")]
    [InlineData(5, "a|b|c|a|b")]
    public void With_own_regions_the_leases_divide_the_regions(int leases, string expected)
    {
        var workload = NewWorkload(BenchOperation.Write) with
        {
            IsSpread = true,
            IsOwn = true,
            Regions = [new IoRegion("a", 0, 8), new IoRegion("b", 0, 8), new IoRegion("c", 0, 8)],
        };

        var shares = Enumerable.Range(0, leases).Select(lease =>
            string.Concat(workload.ShareOf(lease, leases).Regions.Select(region => region.Device)));

        Assert.Equal(expected, string.Join('|', shares));
    }

    private static BenchWorkload NewWorkload(BenchOperation operation) => new()
    {
        Operation = operation,
        Regions = [new IoRegion("disk", 0, Blocks * 8)],
        BlockBytes = 4096,
        Depth = 1,
    };

    private static long[] Take(BenchPattern pattern) =>
        [.. Enumerable.Range(0, 50).Select(_ => pattern.NextTarget())];
}
