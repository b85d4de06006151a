using DmIo.Cli.Reports;
using DmIo.Cli.Tests.Support;
using DmIo.Cli.Transfer;
using DmIo.Io;
using Xunit;

namespace DmIo.Cli.Tests.Transfer;

/// <summary>Comparisons of regions, on devices without a service.</summary>
public sealed class VerifyTransferTests
{
    private const int Sectors = 64;
    private const int Seed = 5;

    private readonly FakeRegionIo io = new();
    private readonly RegionState[] regions;

    public VerifyTransferTests()
    {
        regions =
        [
            io.NewRegion(0, "a", 0, Sectors),
            io.NewRegion(1, "b", 32, Sectors),
            io.NewRegion(2, "c", 0, Sectors),
        ];
        var data = Bytes.Random(Sectors * 512, Seed);
        data.CopyTo(io["a"], 0);
        data.CopyTo(io["b"], 32 * 512);
        data.CopyTo(io["c"], 0);
    }

    [Fact]
    public async Task Equal_regions_have_no_bit()
    {
        var transfer = await VerifyAsync();

        Assert.All(regions, region => Assert.True(region.Outcome.IsOk));
        Assert.Equal(Sectors * 512, transfer.ComparedBytes);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(511)]
    [InlineData(4096)]
    [InlineData(20_001)]
    [InlineData((Sectors * 512) - 1)]
    public async Task The_first_difference_is_found_at_any_offset(int at)
    {
        var before = io["b"][(32 * 512) + at];
        io["b"][(32 * 512) + at] ^= 0xff;
        io["b"][(32 * 512) + (Sectors * 512) - 1] ^= 0x01;

        await VerifyAsync();

        var after = io["b"][(32 * 512) + at];
        Assert.Equal(new Difference(32 + (at / 512), at, before, after, ComparedWith: 0), regions[1].Difference);
        Assert.Equal(["Ok", "Different", "Ok"], regions.Select(region => region.Outcome.Status));
    }

    [Fact]
    public async Task Bytes_after_a_region_are_not_compared()
    {
        io["c"][Sectors * 512] ^= 1;

        await VerifyAsync();

        Assert.All(regions, region => Assert.True(region.Outcome.IsOk));
    }

    [Fact]
    public async Task If_the_first_region_cannot_be_read_the_others_are_compared()
    {
        io.Fault = (_, range) => range.Device == "a" ? IoStatus.DeviceError("bad sector", 5) : null;
        io["c"][5000] ^= 1;

        await VerifyAsync();

        Assert.Equal(["DeviceError", "Ok", "Different"], regions.Select(region => region.Outcome.Status));
        Assert.Equal(1, regions[2].Difference!.ComparedWith);
    }

    [Fact]
    public async Task The_transfer_ends_when_fewer_than_two_regions_are_left()
    {
        io["b"][32 * 512] ^= 1;
        io["c"][0] ^= 1;

        await VerifyAsync();

        Assert.InRange(io.Requests.Count, 3, 9);
    }

    private async Task<VerifyTransfer> VerifyAsync()
    {
        var plan = new ChunkPlan(ChunkPages: 1, Slots: 2, Pages: 6);
        var transfer = new VerifyTransfer(
            io, regions, ChunkBuffers.Build(MemoryKind.Vm, plan, regions.Length, []), new TransferProgress());
        await transfer.RunAsync(CancellationToken.None);
        return transfer;
    }
}
