using DmIo.Cli.Reports;
using DmIo.Cli.Streams;
using DmIo.Cli.Tests.Support;
using DmIo.Cli.Transfer;
using DmIo.Io;
using Xunit;

namespace DmIo.Cli.Tests.Transfer;

/// <summary>Writes of an input to several regions, on devices without a service.</summary>
public sealed class WriteTransferTests
{
    private const int ChunkBytes = 4096;
    private const int Slots = 4;
    private const int Seed = 20260;

    private static readonly IoStatus BadSector = IoStatus.DeviceError("bad sector", errno: 5);

    private readonly FakeRegionIo io = new();

    [Fact]
    public async Task Every_region_gets_the_input_from_its_start()
    {
        var data = Bytes.Random(5 * ChunkBytes, Seed);

        await WriteAsync(new MemoryStream(data), io.NewRegion(0, "a", 0, null), io.NewRegion(1, "b", 100, null));

        Assert.Equal(data, io["a"][..data.Length]);
        Assert.Equal(data, io["b"][(100 * Sector.SizeBytes)..][..data.Length]);
    }

    [Fact]
    public async Task Short_reads_of_a_pipe_are_combined_into_whole_chunks()
    {
        var data = Bytes.Random(3 * ChunkBytes, Seed);

        await WriteAsync(new ShortReadStream(data, Seed), io.NewRegion(0, "a", 0, null));

        Assert.Equal(data, io["a"][..data.Length]);
        Assert.All(io.Requests, request => Assert.Equal(8, request.Regions[0].Count.Value));
    }

    [Fact]
    public async Task The_last_sector_is_padded_with_zeroes_in_a_reused_buffer()
    {
        var data = Bytes.Random((9 * ChunkBytes) + 100, Seed);

        var transfer = await WriteAsync(new MemoryStream(data), io.NewRegion(0, "a", 0, null));

        Assert.Equal(412, transfer.PaddedBytes);
        Assert.All(io["a"][data.Length..(data.Length + 412)], value => Assert.Equal(0, value));
        Assert.Equal(data.Length, transfer.InputBytes);
    }

    [Fact]
    public async Task A_shorter_region_gets_a_prefix_and_reports_it()
    {
        var data = Bytes.Random(3 * ChunkBytes, Seed);
        var prefix = io.NewRegion(0, "a", 0, 9);
        var whole = io.NewRegion(1, "b", 0, null);

        await WriteAsync(new ShortReadStream(data, Seed), prefix, whole);

        Assert.Equal(data[..(9 * 512)], io["a"][..(9 * 512)]);
        Assert.Equal(0, io["a"][9 * 512]);
        Assert.Equal((true, false), (prefix.IsPrefix, whole.IsPrefix));
        Assert.True(prefix.Outcome.IsOk);
    }

    [Fact]
    public async Task Only_the_data_of_the_regions_is_read()
    {
        var input = new BlockedStream(2 * ChunkBytes, () => Assert.Fail("The input was read beyond the regions."));

        await WriteAsync(input, io.NewRegion(0, "a", 0, 16));

        Assert.Equal(2, io.Requests.Count);
    }

    [Fact]
    public async Task A_failed_chunk_sets_the_bit_and_all_other_chunks_are_written()
    {
        var data = Bytes.Random(6 * ChunkBytes, Seed);
        var bad = io.NewRegion(0, "a", 0, null);
        var good = io.NewRegion(1, "b", 0, null);
        io.Fault = (_, region) => region is { Device: "a", Start.Value: 8 } ? BadSector : null;

        await WriteAsync(new MemoryStream(data), bad, good);

        Assert.Equal(("DeviceError", 5, 5L * ChunkBytes), (bad.Outcome.Status, bad.Outcome.Errno, bad.BytesDone));
        Assert.Equal(data[(2 * ChunkBytes)..], io["a"][(2 * ChunkBytes)..data.Length]);
        Assert.True(good.Outcome.IsOk);
        Assert.Equal(data, io["b"][..data.Length]);
    }

    [Fact]
    public async Task A_region_of_a_detached_device_gets_no_more_requests()
    {
        var gone = io.NewRegion(0, "a", 0, null);
        io.Fault = (_, region) => region.Device == "a" ? IoStatus.Failed(IoStatusCode.DeviceGone, "gone") : null;

        await WriteAsync(new MemoryStream(new byte[20 * ChunkBytes]), gone, io.NewRegion(1, "b", 0, null));

        Assert.InRange(io.Requests.Count(request => request.Regions[0].Device == "a"), 1, Slots);
        Assert.Equal(20, io.Requests.Count);
    }

    [Fact]
    public async Task The_transfer_ends_early_if_every_region_has_failed()
    {
        var regions = new[] { io.NewRegion(0, "a", 0, null), io.NewRegion(1, "b", 0, null) };
        io.Fault = (_, _) => BadSector;

        await WriteAsync(new MemoryStream(new byte[100 * ChunkBytes]), regions);

        Assert.InRange(io.Requests.Count, 1, Slots);
        Assert.All(regions, region => Assert.Equal("DeviceError", region.Outcome.Status));
    }

    [Fact]
    public async Task A_chunk_for_which_no_region_is_left_is_not_submitted()
    {
        var gone = io.NewRegion(0, "a", 0, null);
        io.Fault = (_, _) => IoStatus.Failed(IoStatusCode.DeviceGone, "gone");

        await WriteAsync(new ShortReadStream(new byte[20 * ChunkBytes], Seed), gone, io.NewRegion(1, "b", 0, 8));

        Assert.All(io.Requests, request => Assert.NotEmpty(request.Regions));
        Assert.Equal("DeviceGone", gone.Outcome.Status);
    }

    [Fact]
    public async Task The_next_chunk_is_read_while_chunks_are_in_flight()
    {
        io.Gate = async () => await Task.Yield();

        await WriteAsync(new MemoryStream(new byte[20 * ChunkBytes]), io.NewRegion(0, "a", 0, null));

        Assert.InRange(io.MostInFlight, 2, Slots - 1);
    }

    [Fact]
    public async Task Blocking_calls_are_made_one_after_the_other()
    {
        var blocking = new FakeRegionIo { IsBlocking = true, Gate = async () => await Task.Yield() };

        await WriteAsync(blocking, new MemoryStream(new byte[20 * ChunkBytes]), [blocking.NewRegion(0, "a", 0, null)]);

        Assert.Equal((20, 1), (blocking.Requests.Count, blocking.MostInFlight));
    }

    [Fact]
    public async Task A_region_longer_than_the_input_has_its_bit_set()
    {
        var region = io.NewRegion(0, "a", 0, 100);

        await WriteAsync(new ShortReadStream(new byte[ChunkBytes], Seed), region);

        Assert.Equal("ShortInput", region.Outcome.Status);
        Assert.Equal(ChunkBytes, region.BytesDone);
    }

    [Fact]
    public async Task An_interrupt_ends_the_wait_for_a_blocked_pipe_after_the_chunks_in_flight()
    {
        var region = io.NewRegion(0, "a", 0, null);
        using var interruption = new CancellationTokenSource();
        await using var input = new BlockedStream(ChunkBytes + 700, interruption.Cancel);

        var transfer = await WriteAsync(io, input, [region], interrupted: interruption.Token);

        Assert.True(transfer.IsInterrupted);
        Assert.Equal(("Stopped", (long)ChunkBytes), (region.Outcome.Status, region.BytesDone));
    }

    [Fact]
    public async Task Verification_finds_the_first_byte_that_a_device_changed()
    {
        var region = io.NewRegion(0, "a", 16, null);
        io.Fault = (operation, range) =>
        {
            if (operation == IoOperation.Read && range.Start.Value == 24)
            {
                io["a"][(25 * Sector.SizeBytes) + 7] ^= 0x40;
            }

            return null;
        };
        var data = new byte[3 * ChunkBytes];

        await WriteAsync(io, new MemoryStream(data), [region], verify: true);

        Assert.Equal(new Difference(25, (9 * Sector.SizeBytes) + 7, 0, 0x40, null), region.Difference);
        Assert.Equal("Different", region.Outcome.Status);
    }

    [Fact]
    public async Task Every_chunk_of_a_durable_write_has_FUA()
    {
        var input = new MemoryStream(new byte[3 * ChunkBytes]);

        await WriteAsync(io, input, [io.NewRegion(0, "a", 0, null)], isForced: true);

        Assert.Equal(3, io.Requests.Count(request => request.ForceUnitAccess));
    }

    private Task<WriteTransfer> WriteAsync(Stream input, params RegionState[] regions) =>
        WriteAsync(io, input, regions);

    private static async Task<WriteTransfer> WriteAsync(
        FakeRegionIo io,
        Stream input,
        RegionState[] regions,
        bool verify = false,
        bool isForced = false,
        CancellationToken interrupted = default)
    {
        var perSlot = verify ? 2 : 1;
        var plan = new ChunkPlan(ChunkPages: 1, Slots, Pages: Slots * perSlot);
        var transfer = new WriteTransfer(
            io,
            regions,
            new InputSource(input, "test"),
            ChunkBuffers.Build(MemoryKind.Vm, plan, perSlot, []),
            new TransferProgress())
        {
            Verify = verify,
            ForceUnitAccess = isForced,
        };
        await transfer.RunAsync(interrupted);
        return transfer;
    }
}
