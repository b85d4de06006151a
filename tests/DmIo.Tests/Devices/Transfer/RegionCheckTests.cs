using DmIo.Devices;
using DmIo.Devices.Transfer;
using DmIo.Io;
using Xunit;

namespace DmIo.Tests.Devices.Transfer;

public sealed class RegionCheckTests
{
    private static readonly DeviceDescription Disk = new()
    {
        Backend = "test",
        Capacity = ByteSize.FromSectors(100),
        MaxDiscard = ByteSize.FromSectors(8),
    };

    [Theory]
    [InlineData(0, 100)]
    [InlineData(99, 1)]
    [InlineData(50, 50)]
    [InlineData(100, 0)]
    [InlineData(long.MaxValue, 0)]
    public void R13_a_range_within_the_device_is_valid(long start, long count) =>
        Assert.Equal(IoStatus.Ok, Check(Disk, IoOperation.Read, start, count));

    [Theory]
    [InlineData(0, 101)]
    [InlineData(100, 1)]
    [InlineData(99, 2)]
    [InlineData(long.MaxValue, 1)]
    [InlineData(long.MaxValue, long.MaxValue)]
    [InlineData(1, long.MaxValue)]
    [InlineData(0, long.MaxValue)]
    [InlineData(-1, 1)]
    [InlineData(long.MinValue, 1)]
    [InlineData(long.MinValue, long.MaxValue)]
    [InlineData(0, -1)]
    [InlineData(50, long.MinValue)]
    [InlineData(long.MinValue, long.MinValue)]
    public void R13_a_range_outside_the_device_is_out_of_range(long start, long count) =>
        Assert.Equal(IoStatusCode.OutOfRange, Check(Disk, IoOperation.Write, start, count).Code);

    [Fact]
    public void R13_the_largest_device_accepts_its_whole_range()
    {
        var huge = Disk with { Capacity = ByteSize.FromSectors(SectorCount.MaxValue) };
        Assert.Equal(IoStatus.Ok, Check(huge, IoOperation.Read, 0, SectorCount.MaxValue));
        Assert.Equal(IoStatusCode.OutOfRange, Check(huge, IoOperation.Read, 1, SectorCount.MaxValue).Code);
    }

    [Fact]
    public void R13_the_message_names_the_range_and_the_device()
    {
        var message = Check(Disk, IoOperation.Read, 90, 20).Failure?.Message;
        Assert.Equal(
            "The range of 20 sectors at sector 90 is outside the device, which has sectors 0 to 99 (100 in all).",
            message);
    }

    [Theory]
    [InlineData(IoOperation.Write)]
    [InlineData(IoOperation.Discard)]
    [InlineData(IoOperation.WriteZeroes)]
    public void R12_a_read_only_device_accepts_no_change(IoOperation operation)
    {
        var status = Check(Disk with { IsReadOnly = true }, operation, 0, 8);
        Assert.Equal(IoStatusCode.ReadOnly, status.Code);
    }

    [Fact]
    public void R12_a_read_only_device_can_be_read() =>
        Assert.Equal(IoStatus.Ok, Check(Disk with { IsReadOnly = true }, IoOperation.Read, 0, 8));

    [Fact]
    public void R12_an_operation_with_limit_0_is_unsupported()
    {
        Assert.Equal(IoStatusCode.Unsupported, Check(Disk, IoOperation.WriteZeroes, 0, 8).Code);
        Assert.Equal(IoStatus.Ok, Check(Disk, IoOperation.Discard, 0, 8));
    }

    [Fact]
    public void Zeroing_without_fallback_is_unsupported_if_it_is_not_fast()
    {
        var slow = Disk with { MaxWriteZeroes = ByteSize.FromSectors(8) };
        var status = Check(slow, IoOperation.WriteZeroes, 0, 8, WriteZeroesFlags.NoFallback);
        Assert.Equal(IoStatusCode.Unsupported, status.Code);
        var fast = slow with { HasFastWriteZeroes = true };
        Assert.Equal(IoStatus.Ok, Check(fast, IoOperation.WriteZeroes, 0, 8, WriteZeroesFlags.NoFallback));
    }

    [Fact]
    public void R12_an_operation_whose_limit_is_less_than_a_block_is_unsupported()
    {
        var status = Check(Disk with { BlockSize = ByteSize.FromKiB(8) }, IoOperation.Discard, 0, 16);
        Assert.Equal(IoStatusCode.Unsupported, status.Code);
    }

    [Theory]
    [InlineData(1, 8)]
    [InlineData(0, 7)]
    [InlineData(4, 4)]
    public void A_range_that_is_not_whole_blocks_is_misaligned(long start, long count)
    {
        var status = Check(Disk with { BlockSize = ByteSize.FromKiB(4) }, IoOperation.Read, start, count);
        Assert.Equal(IoStatusCode.Misaligned, status.Code);
        Assert.Contains("4096 bytes; use multiples of 8 sectors", status.Failure?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_range_of_whole_blocks_is_valid() => Assert.Equal(
        IoStatus.Ok, Check(Disk with { BlockSize = ByteSize.FromKiB(4) }, IoOperation.Read, 8, 16));

    private static IoStatus Check(
        DeviceDescription device,
        IoOperation operation,
        Sector start,
        SectorCount count,
        WriteZeroesFlags zeroing = WriteZeroesFlags.None) =>
        RegionCheck.Check(device, new DeviceOperation(operation, start, count) { Zeroing = zeroing });
}
