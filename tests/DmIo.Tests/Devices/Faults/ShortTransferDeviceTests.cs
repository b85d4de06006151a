using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using Xunit;

namespace DmIo.Tests.Devices.Faults;

public sealed class ShortTransferDeviceTests
{
    private const int Calls = 64;

    [Fact]
    public async Task It_transfers_less_than_requested_but_at_least_a_block()
    {
        var lengths = await ReadAsync(seed: 8, cutsMidBlock: true);
        Assert.All(lengths, length => Assert.InRange(length, 512, 4096));
        Assert.Contains(lengths, length => length % 512 != 0);
        Assert.Contains(4096L, lengths);
    }

    [Fact]
    public async Task It_can_transfer_whole_blocks_only()
    {
        var lengths = await ReadAsync(seed: 8, cutsMidBlock: false);
        Assert.All(lengths, length => Assert.Equal(0, length % 512));
        Assert.Contains(lengths, length => length < 4096);
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_short_transfers() =>
        Assert.Equal(await ReadAsync(seed: 3, cutsMidBlock: true), await ReadAsync(seed: 3, cutsMidBlock: true));

    [Fact]
    public async Task The_reported_bytes_were_written()
    {
        var disk = new MemoryDevice(ByteSize.FromSectors(64));
        var device = new ShortTransferDevice(disk, seed: 8);
        for (var index = 0; index < Calls; index++)
        {
            await disk.WriteZeroesAsync(0, 64, WriteZeroesFlags.None);
            var result = await device.WriteAsync(0, Bytes.Batch(Bytes.Filled(4096, 1)), false);
            var read = new byte[4096];
            await disk.ReadAsync(0, Bytes.Batch(read));
            Assert.Equal(result.Bytes, read.Sum(value => (long)value));
        }
    }

    private static async Task<List<long>> ReadAsync(int seed, bool cutsMidBlock)
    {
        var device = new ShortTransferDevice(new MemoryDevice(ByteSize.FromSectors(64)), seed, cutsMidBlock);
        var lengths = new List<long>();
        for (var index = 0; index < Calls; index++)
        {
            lengths.Add((await device.ReadAsync(0, Bytes.Batch(new byte[4096]))).Bytes);
        }

        return lengths;
    }
}
