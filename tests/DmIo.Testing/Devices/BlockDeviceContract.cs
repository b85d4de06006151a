using DmIo.Devices;
using DmIo.Io;
using DmIo.Memory;
using Xunit;

namespace DmIo.Testing.Devices;

/// <summary>
/// The contract of every device that keeps data. Run on each backend, alone and behind each inactive decorator.
/// </summary>
public abstract class BlockDeviceContract : IAsyncLifetime
{
    private const int Seed = 20240917;

    private const int Sectors = 256;

    private IBlockDevice? device;

    private IBlockDevice Device => device ?? throw new InvalidOperationException("InitializeAsync has not run.");

    public Task InitializeAsync()
    {
        device = Create(Sectors);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await Device.DisposeAsync();
        Release();
    }

    [Fact]
    public void It_has_the_requested_capacity() =>
        Assert.Equal(Sectors, Device.Description.Capacity.Sectors.Value);

    [Fact]
    public async Task A_new_device_reads_as_zero()
    {
        var bytes = Bytes.Filled(Sectors * Sector.SizeBytes, 0xEE);
        await ReadAllAsync(bytes);
        Assert.Equal(new byte[bytes.Length], bytes);
    }

    [Fact]
    public async Task Written_data_is_read_back()
    {
        var written = Bytes.Random(8 * Sector.SizeBytes, Seed);
        var result = await Device.WriteAsync(5, Bytes.Batch(written), forceUnitAccess: false);
        Assert.Equal(TransferResult.Moved(written.Length), result);
        var read = new byte[written.Length];
        Assert.Equal(TransferResult.Moved(read.Length), await Device.ReadAsync(5, Bytes.Batch(read)));
        Assert.Equal(written, read);
    }

    [Fact]
    public async Task A_write_changes_nothing_around_it()
    {
        await Device.WriteAsync(9, Bytes.Batch(Bytes.Filled(Sector.SizeBytes, 0xAB)), forceUnitAccess: false);
        var all = new byte[Sectors * Sector.SizeBytes];
        await ReadAllAsync(all);
        Assert.Equal(Bytes.Sectors((9, 0), (1, 0xAB), (Sectors - 10, 0)), all);
    }

    [Theory]
    [InlineData(8, 8, 1, 1)]
    [InlineData(8, 8, 4000, 0)]
    [InlineData(8, 8, 0, 4095)]
    [InlineData(0, 16, 511, 513)]
    [InlineData(Sectors - 32, 32, 100, 4000)]
    public async Task A_write_of_bytes_changes_these_bytes_and_no_others(int start, int count, int head, int tail)
    {
        await FillAsync(0x44);
        var written = Bytes.Filled((count * Sector.SizeBytes) - head - tail, 0x99);
        var edges = new WriteEdges(head, tail);
        Assert.Equal(IoStatus.Ok, await Device.RunAsync(IoOperation.Write, start, count, written, edges: edges));
        var expected = Bytes.Filled(Sectors * Sector.SizeBytes, 0x44);
        written.CopyTo(expected, (start * Sector.SizeBytes) + head);
        var all = new byte[Sectors * Sector.SizeBytes];
        await ReadAllAsync(all);
        Assert.Equal(expected, all);
    }

    [Fact]
    public async Task Segments_of_odd_lengths_are_one_stream_of_bytes()
    {
        var written = Bytes.Random(4 * Sector.SizeBytes, Seed);
        var source = Bytes.Batch(written.AsMemory(0, 1), written.AsMemory(1, 700), written.AsMemory(701, 1347));
        await Device.WriteAsync(0, source, forceUnitAccess: false);
        var read = new byte[written.Length];
        await Device.ReadAsync(0, Bytes.Batch(read.AsMemory(0, 513), read.AsMemory(513, 3), read.AsMemory(516)));
        Assert.Equal(written, read);
    }

    [Fact]
    public async Task One_call_accepts_the_maximum_number_of_segments()
    {
        var count = Math.Min(Device.Description.MaxSegments, DeviceDescription.SegmentsPerSystemCall);
        var written = Bytes.Random(128 * Sector.SizeBytes, Seed);
        var pieceBytes = written.Length / count;
        var source = new SegmentBatch();
        for (var index = 0; index < count; index++)
        {
            source.Add(written.AsMemory(index * pieceBytes, pieceBytes));
        }

        Assert.Equal(TransferResult.Moved(written.Length), await Device.WriteAsync(0, source, forceUnitAccess: false));
        var read = new byte[written.Length];
        await Device.ReadAsync(0, Bytes.Batch(read));
        Assert.Equal(written, read);
    }

    [Fact]
    public async Task The_last_sector_can_be_written_and_read()
    {
        var written = Bytes.Random(Sector.SizeBytes, Seed);
        await Device.WriteAsync(Sectors - 1, Bytes.Batch(written), forceUnitAccess: false);
        var read = new byte[Sector.SizeBytes];
        await Device.ReadAsync(Sectors - 1, Bytes.Batch(read));
        Assert.Equal(written, read);
    }

    [Fact]
    public async Task A_flush_succeeds_after_a_write()
    {
        await Device.WriteAsync(0, Bytes.Batch(Bytes.Filled(Sector.SizeBytes, 1)), forceUnitAccess: false);
        Assert.Equal(IoStatus.Ok, await Device.FlushAsync());
    }

    [Fact]
    public async Task Write_zeroes_zeroes_its_range_and_nothing_else()
    {
        await FillAsync(0x77);
        Assert.Equal(IoStatus.Ok, await RegionCalls.RunAsync(Device, IoOperation.WriteZeroes, 3, 17, null, false));
        var all = new byte[Sectors * Sector.SizeBytes];
        await ReadAllAsync(all);
        Assert.Equal(Bytes.Sectors((3, 0x77), (17, 0), (Sectors - 20, 0x77)), all);
    }

    [Theory]
    [InlineData(WriteZeroesFlags.NoUnmap)]
    [InlineData(WriteZeroesFlags.NoFallback)]
    [InlineData(WriteZeroesFlags.NoUnmap | WriteZeroesFlags.NoFallback)]
    public async Task Write_zeroes_obeys_its_flags_or_is_refused_without_a_change(
        WriteZeroesFlags flags)
    {
        await FillAsync(0x55);
        var status = await Device.RunAsync(IoOperation.WriteZeroes, 8, 16, zeroing: flags);
        var mayRefuse = flags.HasFlag(WriteZeroesFlags.NoFallback);
        Assert.True(status.IsOk || (mayRefuse && status.Code == IoStatusCode.Unsupported), status.ToString());
        var all = new byte[Sectors * Sector.SizeBytes];
        await ReadAllAsync(all);
        Assert.Equal(Bytes.Sectors((8, 0x55), (16, (byte)(status.IsOk ? 0 : 0x55)), (Sectors - 24, 0x55)), all);
    }

    [Fact]
    public async Task Fast_zeroing_needs_no_fallback()
    {
        var status = await Device.RunAsync(IoOperation.WriteZeroes, 0, 8, zeroing: WriteZeroesFlags.NoFallback);
        Assert.Equal(
            Device.Description.HasFastWriteZeroes ? IoStatusCode.Ok : IoStatusCode.Unsupported, status.Code);
    }

    [Fact]
    public async Task A_discard_changes_nothing_outside_its_range()
    {
        await FillAsync(0x66);
        var status = await RegionCalls.RunAsync(Device, IoOperation.Discard, 3, 17, null, false);
        Assert.Equal(Device.Description.MaxDiscard.Sectors.Value > 0
            ? IoStatusCode.Ok : IoStatusCode.Unsupported, status.Code);
        var all = new byte[Sectors * Sector.SizeBytes];
        await ReadAllAsync(all);
        Assert.Equal(Bytes.Sectors((3, 0x66)), all[..(3 * Sector.SizeBytes)]);
        Assert.Equal(Bytes.Sectors((Sectors - 20, 0x66)), all[(20 * Sector.SizeBytes)..]);
    }

    [Fact]
    public async Task Written_data_is_no_hole_and_the_extents_cover_the_range()
    {
        await Device.RunAsync(IoOperation.Write, 64, 8, Bytes.Filled(8 * Sector.SizeBytes, 0x33));
        await Device.FlushAsync();
        var at = 0L;
        while (at < Sectors)
        {
            var extents = Device.GetExtents(at, Sectors - at, max: 2);
            Assert.InRange(extents.Count, 1, 2);
            foreach (var extent in extents)
            {
                Assert.InRange(extent.Count.Value, 1, Sectors - at);
                var hasWritten = at < 72 && at + extent.Count.Value > 64;
                Assert.True(!hasWritten || extent.Kind == ExtentKind.Data, $"sector {at}: {extent}");
                at += extent.Count.Value;
            }
        }
    }

    [Fact]
    public async Task Concurrent_calls_do_not_affect_each_other()
    {
        var written = Bytes.Random(Sectors * Sector.SizeBytes, Seed);
        var writes = Enumerable.Range(0, Sectors).Select(sector => Device.WriteAsync(
            sector, Bytes.Batch(written.AsMemory(sector * Sector.SizeBytes, Sector.SizeBytes)), false).AsTask());
        Assert.All(await Task.WhenAll(writes.ToArray()), result => Assert.True(result.Status.IsOk));
        var read = new byte[written.Length];
        await ReadAllAsync(read);
        Assert.Equal(written, read);
    }

    private protected abstract IBlockDevice Create(SectorCount capacity);

    private protected virtual void Release()
    {
    }

    private async Task FillAsync(byte value)
    {
        IoMemory memory = Bytes.Filled(Sectors * Sector.SizeBytes, value);
        Assert.Equal(IoStatus.Ok, await RegionCalls.RunAsync(Device, IoOperation.Write, 0, Sectors, memory, false));
    }

    private async Task ReadAllAsync(byte[] bytes) =>
        Assert.Equal(IoStatus.Ok, await RegionCalls.RunAsync(Device, IoOperation.Read, 0, Sectors, bytes, false));
}
