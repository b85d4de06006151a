using DmIo.Cli.Reports;
using DmIo.Cli.Streams;
using DmIo.Cli.Tests.Support;
using DmIo.Cli.Transfer;
using DmIo.Io;
using Xunit;

namespace DmIo.Cli.Tests.Transfer;

/// <summary>Reads of a region to an output, from a device without a service.</summary>
public sealed class ReadTransferTests
{
    private const int ChunkBytes = 4096;
    private const int Seed = 77;

    private readonly FakeRegionIo io = new();
    private readonly MemoryStream output = new();

    [Fact]
    public async Task The_output_is_the_region_in_order()
    {
        var region = io.NewRegion(0, "a", 3, 101);
        new Random(Seed).NextBytes(io["a"]);
        io.Gate = async () => await Task.Yield();

        await ReadAsync(region, output);

        Assert.Equal(io["a"][(3 * 512)..(104 * 512)], output.ToArray());
        Assert.InRange(io.MostInFlight, 2, 4);
    }

    [Fact]
    public async Task A_chunk_that_cannot_be_read_is_written_as_zeroes()
    {
        var region = io.NewRegion(0, "a", 0, 40);
        new Random(Seed).NextBytes(io["a"]);
        io.Fault = (_, range) => range.Start.Value == 16 ? IoStatus.DeviceError("bad sector", 5) : null;

        await ReadAsync(region, output);

        var expected = io["a"][..(40 * 512)];
        expected.AsSpan(16 * 512, ChunkBytes).Clear();
        Assert.Equal(expected, output.ToArray());
        Assert.Equal("DeviceError", region.Outcome.Status);
    }

    [Fact]
    public async Task A_detached_device_ends_the_transfer()
    {
        var region = io.NewRegion(0, "a", 0, 8000);
        io.Fault = (_, range) => range.Start.Value >= 8 ? IoStatus.Failed(IoStatusCode.DeviceGone, "gone") : null;

        await ReadAsync(region, output);

        Assert.Equal(ChunkBytes, output.Length);
        Assert.InRange(io.Requests.Count, 2, 6);
        Assert.Equal("DeviceGone", region.Outcome.Status);
    }

    [Fact]
    public async Task A_full_output_ends_the_transfer_with_its_error()
    {
        var region = io.NewRegion(0, "a", 0, 8000);

        var transfer = await ReadAsync(region, new FullStream());

        Assert.Contains("disk full", transfer.Failure!.Message);
        Assert.Equal("Stopped", region.Outcome.Status);
        Assert.Equal((0, 0), (transfer.OutputBytes, region.BytesDone));
    }

    [Fact]
    public async Task Only_chunks_in_the_output_are_counted()
    {
        var region = io.NewRegion(0, "a", 0, 8000);
        io.Fault = (_, range) => range.Start.Value == 8 ? IoStatus.Failed(IoStatusCode.DeviceGone, "gone") : null;

        await ReadAsync(region, output);

        Assert.Equal(output.Length, region.BytesDone);
    }

    [Fact]
    public async Task An_interrupt_ends_the_wait_for_a_full_pipe()
    {
        var region = io.NewRegion(0, "a", 0, 8000);
        using var interruption = new CancellationTokenSource();
        await using var stuck = new BlockedStream(ChunkBytes, interruption.Cancel);

        var transfer = await ReadAsync(region, stuck, interruption.Token);

        Assert.True(transfer.IsInterrupted);
        Assert.Equal(ChunkBytes, transfer.OutputBytes);
    }

    private async Task<ReadTransfer> ReadAsync(
        RegionState region, Stream target, CancellationToken interrupted = default)
    {
        var plan = new ChunkPlan(ChunkPages: 1, Slots: 4, Pages: 4);
        var transfer = new ReadTransfer(
            io,
            region,
            new OutputTarget(target, "test"),
            ChunkBuffers.Build(MemoryKind.Vm, plan, 1, []),
            new TransferProgress());
        await transfer.RunAsync(interrupted);
        return transfer;
    }

    private sealed class FullStream : MemoryStream
    {
        public override void Write(byte[] buffer, int offset, int count) => throw new IOException("disk full");
    }
}
