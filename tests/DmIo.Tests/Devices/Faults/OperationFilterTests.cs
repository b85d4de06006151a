using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using Xunit;

namespace DmIo.Tests.Devices.Faults;

public sealed class OperationFilterTests
{
    private static readonly OperationFilter Filter = new() { Operations = [IoOperation.Read], Start = 10, Count = 5 };

    [Theory]
    [InlineData(10, 5, true)]
    [InlineData(9, 1, false)]
    [InlineData(9, 2, true)]
    [InlineData(0, long.MaxValue, true)]
    [InlineData(14, 1, true)]
    [InlineData(15, 1, false)]
    [InlineData(long.MaxValue, 1, false)]
    public void A_filter_matches_calls_that_overlap_its_sectors(long start, long count, bool isMatch) =>
        Assert.Equal(isMatch, Filter.Matches(new DeviceOperation(IoOperation.Read, start, count)));

    [Fact]
    public void A_filter_matches_its_operations_only() =>
        Assert.False(Filter.Matches(new DeviceOperation(IoOperation.Write, 10, 5)));

    [Fact]
    public void A_flush_cannot_be_filtered_by_range() =>
        Assert.True((Filter with { Operations = [IoOperation.Flush] }).Matches(DeviceOperation.Flush()));

    [Fact]
    public void The_default_filter_matches_everything() => Assert.All(
        Enum.GetValues<IoOperation>(),
        operation => Assert.True(OperationFilter.Any.Matches(new DeviceOperation(operation, 7, 1))));
}
