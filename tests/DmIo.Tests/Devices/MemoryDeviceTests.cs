using DmIo.Devices;
using DmIo.Io;
using Xunit;

namespace DmIo.Tests.Devices;

public sealed class MemoryDeviceTests
{
    private const long Mebibyte = 1 << 20;

    [Fact]
    public async Task A_device_of_a_terabyte_uses_memory_only_for_written_extents()
    {
        await using var device = new MemoryDevice(ByteSize.FromGiB(1024));
        var written = Bytes.Random(4096, 3);
        await device.WriteAsync(3L << 29, Bytes.Batch(written), false);
        var read = new byte[4096];
        await device.ReadAsync(3L << 29, Bytes.Batch(read));
        Assert.Equal(written, read);
        Assert.Equal(ByteSize.FromMiB(1), device.Allocated);
    }

    [Fact]
    public async Task A_read_allocates_no_extent()
    {
        await using var device = new MemoryDevice(ByteSize.FromSectors(8));
        await device.ReadAsync(0, Bytes.Batch(new byte[4096]));
        Assert.Equal(ByteSize.FromBytes(0), device.Allocated);
    }

    [Fact]
    public async Task A_transfer_crosses_extents()
    {
        await using var device = new MemoryDevice(ByteSize.FromMiB(4));
        var written = Bytes.Random((int)(2 * Mebibyte), 3);
        await device.WriteAsync(1000, Bytes.Batch(written), false);
        var read = new byte[written.Length];
        await device.ReadAsync(1000, Bytes.Batch(read));
        Assert.Equal(written, read);
    }

    [Fact]
    public async Task Discarding_frees_whole_extents_and_reads_as_zero()
    {
        await using var device = new MemoryDevice(ByteSize.FromMiB(4));
        await device.WriteAsync(0, Bytes.Batch(Bytes.Filled((int)(4 * Mebibyte), 7)), false);
        await device.DiscardAsync(1024, 5120);
        Assert.Equal(ByteSize.FromMiB(2), device.Allocated);
        var read = new byte[4 * Mebibyte];
        await device.ReadAsync(0, Bytes.Batch(read));
        Assert.Equal(
            [.. Bytes.Filled(1024 * 512, 7), .. new byte[5120 * 512], .. Bytes.Filled(2048 * 512, 7)], read);
    }

    [Fact]
    public async Task Its_holes_are_the_unwritten_extents()
    {
        await using var device = new MemoryDevice(ByteSize.FromMiB(5));
        await device.WriteAsync(2048, Bytes.Batch(new byte[512]), false);
        await device.WriteAsync((3 * 2048) - 1, Bytes.Batch(new byte[512]), false);
        DeviceExtent[] expected =
        [
            new(2000, ExtentKind.Hole), new(4096, ExtentKind.Data), new(3000, ExtentKind.Hole),
        ];
        Assert.Equal(expected, device.GetExtents(48, 9096, 8));
        Assert.Equal(expected[..2], device.GetExtents(48, 9096, 2));
    }

    [Fact]
    public async Task A_closed_device_returns_no_extents()
    {
        var device = new MemoryDevice(ByteSize.FromSectors(8));
        await device.DisposeAsync();
        Assert.Throws<ObjectDisposedException>(() => device.GetExtents(0, 8, 1));
    }

    [Fact]
    public async Task Zeroing_without_a_hole_keeps_the_memory()
    {
        await using var device = new MemoryDevice(ByteSize.FromMiB(4));
        await device.WriteAsync(0, Bytes.Batch(Bytes.Filled((int)(4 * Mebibyte), 7)), false);
        await device.WriteZeroesAsync(0, 4096, WriteZeroesFlags.NoUnmap);
        Assert.Equal(ByteSize.FromMiB(4), device.Allocated);
        await device.WriteZeroesAsync(0, 4096, WriteZeroesFlags.None);
        Assert.Equal(ByteSize.FromMiB(2), device.Allocated);
    }

    [Fact]
    public async Task Every_operation_completes_before_its_call_returns()
    {
        await using var device = new MemoryDevice(ByteSize.FromSectors(8));
        AssertCompleted(device.WriteAsync(0, Bytes.Batch(new byte[512]), false));
        AssertCompleted(device.ReadAsync(0, Bytes.Batch(new byte[512])));
        AssertCompleted(device.FlushAsync());
        AssertCompleted(device.DiscardAsync(0, 1));
        AssertCompleted(device.WriteZeroesAsync(0, 1, WriteZeroesFlags.None));

        static void AssertCompleted<T>(ValueTask<T> call) => Assert.True(call.IsCompletedSuccessfully);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    [InlineData(long.MaxValue - 511)]
    public void An_invalid_capacity_is_refused(long bytes) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new MemoryDevice(ByteSize.FromBytes(bytes)));
}
