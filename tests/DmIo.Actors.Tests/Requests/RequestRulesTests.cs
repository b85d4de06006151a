using DmIo.Actors.Requests;
using DmIo.Io;
using DmIo.Memory;
using Xunit;
using static DmIo.Actors.Protocol.IoProtocol;

namespace DmIo.Actors.Tests.Requests;

public sealed class RequestRulesTests
{
    private static readonly byte[] Page = new byte[4096];

    [Theory]
    [InlineData(IoOperation.Read)]
    [InlineData(IoOperation.Write)]
    [InlineData(IoOperation.Flush)]
    [InlineData(IoOperation.Discard)]
    [InlineData(IoOperation.WriteZeroes)]
    public void Each_operation_has_a_valid_request(IoOperation operation) =>
        Assert.Null(RequestRules.Check(Request(operation, new IoRegion("disk", 0, 8))));

    [Theory]
    [InlineData(IoOperation.Write)]
    [InlineData(IoOperation.Discard)]
    public void Only_write_zeroes_accepts_zeroing_flags(IoOperation operation) => Refused(
        Request(operation, new IoRegion("disk", 0, 8)) with { Zeroing = WriteZeroesFlags.NoUnmap },
        "Only write zeroes",
        $"{operation}");

    [Fact]
    public void Edges_reduce_the_required_memory()
    {
        var request = Request(IoOperation.Write, new IoRegion("disk", 0, 8)) with { Edges = new WriteEdges(10, 20) };
        Assert.Null(RequestRules.Check(request with { Memory = new byte[4096 - 30] }));
        Refused(request with { Memory = new byte[4096 - 31] }, "needs 4066 bytes", "4065");
    }

    [Theory]
    [InlineData(-1, 0, "not negative")]
    [InlineData(0, -1, "not negative")]
    [InlineData(256, 256, "Region 1 (disk@8+1) has 512 bytes")]
    public void Invalid_edges_and_edges_that_leave_nothing_to_write_are_refused(int head, int tail, string fault) =>
        Refused(
            Request(IoOperation.Write, new IoRegion("disk", 0, 8), new IoRegion("disk", 8, 1)) with
            {
                Edges = new WriteEdges(head, tail),
            },
            fault);

    [Theory]
    [InlineData(IoOperation.Read)]
    [InlineData(IoOperation.WriteZeroes)]
    public void Only_a_write_may_have_edges(IoOperation operation) => Refused(
        Request(operation, new IoRegion("disk", 0, 8)) with { Edges = new WriteEdges(1, 0) },
        "Only a write",
        $"{operation}");

    [Fact]
    public void Unknown_zeroing_flags_are_refused()
    {
        var request = Request(IoOperation.WriteZeroes, new IoRegion("disk", 0, 8));
        var both = WriteZeroesFlags.NoUnmap | WriteZeroesFlags.NoFallback;
        Assert.Null(RequestRules.Check(request with { Zeroing = both }));
        Refused(request with { Zeroing = (WriteZeroesFlags)6 }, "no zeroing flag 6");
    }

    [Fact]
    public void R1_64_regions_are_valid_and_65_are_refused()
    {
        Assert.Null(RequestRules.Check(Request(IoOperation.Write, Regions(64))));
        Refused(Request(IoOperation.Write, Regions(65)), "at most 64", "65");
    }

    [Fact]
    public void R2_a_read_of_two_regions_is_refused() =>
        Refused(Request(IoOperation.Read, Regions(2)), "exactly one region", "2");

    [Theory]
    [InlineData(IoOperation.Read)]
    [InlineData(IoOperation.Write)]
    [InlineData(IoOperation.Flush)]
    public void R3_a_request_without_a_region_is_refused(IoOperation operation) =>
        Refused(Request(operation), "needs a region");

    [Fact]
    public void R3_a_missing_list_of_regions_is_refused() =>
        Refused(new IoRequest { Operation = IoOperation.Flush, Regions = null! }, "needs a region");

    [Theory]
    [InlineData(IoOperation.Write)]
    [InlineData(IoOperation.Flush)]
    public void R3_a_negative_sector_is_refused(IoOperation operation) =>
        Refused(Request(operation, new IoRegion("disk", 0, 8), new IoRegion("disk", -1, 8)), "Region 1", "sector -1");

    [Theory]
    [InlineData(-1)]
    [InlineData(SectorCount.MaxValue + 1)]
    public void R3_a_count_beyond_its_limits_is_refused(long count) =>
        Refused(Request(IoOperation.Discard, new IoRegion("disk", 0, count)), "Region 0", $"{SectorCount.MaxValue}");

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void R3_a_region_without_a_device_is_refused(string? device) =>
        Refused(Request(IoOperation.Flush, new IoRegion(device!, 0, 8)), "Region 0 names no device");

    [Fact]
    public void R3_memory_shorter_than_the_largest_region_is_refused_with_both_lengths() =>
        Refused(
            Request(IoOperation.Write, new IoRegion("a", 0, 8), new IoRegion("b", 0, 9), new IoRegion("c", 0, 1)),
            "Region 1 (b@0+9)", "4608 bytes", "4096");

    [Fact]
    public void R3_memory_longer_than_the_largest_region_is_valid() =>
        Assert.Null(RequestRules.Check(Request(IoOperation.Write, new IoRegion("a", 0, 1))));

    [Theory]
    [InlineData(IoOperation.Write)]
    [InlineData(IoOperation.Discard)]
    [InlineData(IoOperation.WriteZeroes)]
    public void R3_overlapping_regions_of_one_device_in_one_write_are_refused(IoOperation operation) =>
        Refused(
            Request(operation, new IoRegion("a", 0, 8), new IoRegion("b", 4, 8), new IoRegion("a", 7, 8)),
            "Region 2 (a@7+8)", "region 0 (a@0+8)");

    [Fact]
    public void R3_adjacent_and_empty_regions_do_not_overlap() =>
        Assert.Null(RequestRules.Check(Request(
            IoOperation.Write, new IoRegion("a", 0, 8), new IoRegion("a", 8, 8), new IoRegion("a", 4, 0))));

    [Fact]
    public void A_flush_may_name_a_device_twice() =>
        Assert.Null(RequestRules.Check(Request(IoOperation.Flush, new IoRegion("a", 0, 8), new IoRegion("a", 0, 8))));

    [Theory]
    [InlineData(IoOperation.Read)]
    [InlineData(IoOperation.Write)]
    public void R3_data_without_memory_is_refused(IoOperation operation) =>
        Refused(Request(operation, new IoRegion("disk", 0, 8)) with { Memory = null }, "needs memory");

    [Theory]
    [InlineData(IoOperation.Flush)]
    [InlineData(IoOperation.Discard)]
    [InlineData(IoOperation.WriteZeroes)]
    public void R3_memory_without_data_is_refused(IoOperation operation) =>
        Refused(Request(operation, new IoRegion("disk", 0, 8)) with { Memory = Page }, "carries no data");

    [Fact]
    public void R3_a_read_into_read_only_memory_is_refused()
    {
        IoMemory memory = new ReadOnlyMemory<byte>(Page);
        Refused(Request(IoOperation.Read, new IoRegion("disk", 0, 8)) with { Memory = memory }, "read-only");
    }

    [Theory]
    [InlineData(IoOperation.Read)]
    [InlineData(IoOperation.Flush)]
    [InlineData(IoOperation.Discard)]
    public void Only_a_write_accepts_FUA(IoOperation operation) =>
        Refused(Request(operation, new IoRegion("disk", 0, 8)) with { ForceUnitAccess = true }, "FUA");

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MaxValue + 1L)]
    public void R23_a_deadline_beyond_the_range_of_timers_is_refused(long milliseconds) =>
        Refused(
            Request(IoOperation.Flush, new IoRegion("disk", 0, 8)) with
            {
                Deadline = TimeSpan.FromMilliseconds(milliseconds),
            },
            "deadline");

    [Fact]
    public void An_unknown_operation_is_refused() =>
        Refused(Request((IoOperation)5, new IoRegion("disk", 0, 8)), "no operation 5");

    private static void Refused(IoRequest request, params string[] parts)
    {
        var reason = RequestRules.Check(request);
        Assert.NotNull(reason);
        Assert.All(parts, part => Assert.Contains(part, reason, StringComparison.Ordinal));
    }

    private static IoRequest Request(IoOperation operation, params IoRegion[] regions) => new()
    {
        Operation = operation,
        Regions = regions,
        Memory = operation is IoOperation.Read or IoOperation.Write ? Page : (IoMemory?)null,
    };

    private static IoRegion[] Regions(int count) =>
        [.. Enumerable.Range(0, count).Select(index => new IoRegion("disk", index, 1))];
}
