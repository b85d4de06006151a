using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Devices.Files;
using DmIo.Io;
using DmIo.Memory;
using Xunit;

namespace DmIo.Tests.Devices.Transfer;

/// <summary>
/// Random operations with random limits, odd segments and short transfers, compared with an array of bytes. The seed is
/// in the test's name, and determines everything.
/// </summary>
public sealed class RegionTransferModelTests
{
    private const int Sectors = 512;
    private const int Operations = 60;
    private const byte Stale = 0xEE;

    public static TheoryData<int> Seeds { get; } = [.. Enumerable.Range(1, 24)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task R15_a_memory_device_agrees_with_the_model(int seed)
    {
        await using var device = new MemoryDevice(ByteSize.FromSectors(Sectors));
        await CompareAsync(device, seed);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task R15_a_file_agrees_with_the_model(int seed)
    {
        using var directory = new TemporaryDirectory();
        var options = new FileDeviceOptions { Path = directory.FilePath(), CreateSize = ByteSize.FromSectors(Sectors) };
        await using (var device = FileDevice.Open(options))
        {
            await CompareAsync(device, seed);
        }

        Assert.Equal(Sectors * Sector.SizeBytes, new FileInfo(options.Path).Length);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task R8_no_read_of_a_failing_device_leaves_a_stale_byte(int seed)
    {
        var random = new Random(seed);
        await using var disk = new MemoryDevice(ByteSize.FromSectors(Sectors));
        var model = new byte[Sectors * Sector.SizeBytes];
        await new Model(new RecordingDevice(disk), model, random).WriteAsync(0, Sectors);
        var rule = new FaultRule { Probability = 0.3, PartialTransfer = ByteSize.FromBytes(random.Next(3000)) };
        var watched = new RecordingDevice(new FaultyDevice(Shorten(Limit(disk, random), seed), seed, rule));
        for (var index = 0; index < Operations; index++)
        {
            var (start, count) = Range(random, watched.Description.BlockSize);
            var memory = Segments(Bytes.Filled(count * Sector.SizeBytes, Stale), random);
            var status = await RegionCalls.RunAsync(watched, IoOperation.Read, start, count, memory, false);
            var expected = model.AsMemory(start * Sector.SizeBytes, count * Sector.SizeBytes);
            var stale = CountStale(memory.Array, expected.Span, areZeroesWell: !status.IsOk);
            Assert.True(stale == 0, $"{stale} bytes are neither the device's nor zero; {status}");
        }

        Assert.Empty(watched.Violations);
    }

    private static int CountStale(ReadOnlySpan<byte> read, ReadOnlySpan<byte> expected, bool areZeroesWell)
    {
        var stale = 0;
        for (var index = 0; index < read.Length; index++)
        {
            stale += read[index] == expected[index] || (areZeroesWell && read[index] == 0) ? 0 : 1;
        }

        return stale;
    }

    private static async Task CompareAsync(IBlockDevice disk, int seed)
    {
        var random = new Random(seed);
        var watched = new RecordingDevice(Shorten(Limit(disk, random), seed));
        var model = new Model(watched, new byte[Sectors * Sector.SizeBytes], random);
        for (var index = 0; index < Operations; index++)
        {
            var (start, count) = Range(random, watched.Description.BlockSize);
            await (random.Next(8) switch
            {
                0 or 1 => model.WriteAsync(start, count),
                2 or 3 => model.ReadAsync(start, count),
                6 or 7 => model.WriteBytesAsync(start, count),
                4 => model.ClearAsync(IoOperation.WriteZeroes, start, count),
                _ => model.ClearAsync(IoOperation.Discard, start, count),
            });
        }

        await model.ReadAsync(0, Sectors);
        Assert.Empty(watched.Violations);
    }

    private static ShortTransferDevice Shorten(IBlockDevice disk, int seed) => new(disk, seed);

    private static LimitedDevice Limit(IBlockDevice device, Random random) => new(device, description =>
    {
        var block = 512 << random.Next(4);
        return description with
        {
            BlockSize = ByteSize.FromBytes(block),
            MaxTransfer = ByteSize.FromBytes(block * random.Next(1, 20)),
            MaxSegments = random.Next(1, 12),
            MaxDiscard = ByteSize.Min(
                description.MaxDiscard, ByteSize.FromSectors(random.Next(block / Sector.SizeBytes, 100))),
            MaxWriteZeroes = ByteSize.FromSectors(random.Next(block / Sector.SizeBytes, 100)),
        };
    });

    private static (int Start, int Count) Range(Random random, ByteSize blockSize)
    {
        var blockSectors = (int)blockSize.Sectors.Value;
        var first = random.Next(Sectors / blockSectors);
        var count = random.Next(1, Math.Min(48, (Sectors / blockSectors) - first) + 1);
        return (first * blockSectors, count * blockSectors);
    }

    private static SegmentedMemory Segments(byte[] bytes, Random random) =>
        SegmentedMemory.Cut(bytes, random, random.Next(3) switch { 0 => 40, 1 => 700, _ => 9000 });

    private sealed class Model(RecordingDevice device, byte[] content, Random random)
    {
        /// <summary>Writes random bytes that are neither zero nor stale.</summary>
        internal async Task WriteAsync(int start, int count)
        {
            var bytes = new byte[count * Sector.SizeBytes];
            for (var index = 0; index < bytes.Length; index++)
            {
                bytes[index] = (byte)random.Next(1, 0x80);
            }

            await OkAsync(IoOperation.Write, start, count, Segments([.. bytes], random));
            bytes.CopyTo(content, start * Sector.SizeBytes);
        }

        /// <summary>Writes bytes within sectors, with edges that must not change.</summary>
        internal async Task WriteBytesAsync(int start, int count)
        {
            var most = Math.Min(count * Sector.SizeBytes, 3 * (int)device.Description.BlockSize.Bytes);
            var head = random.Next(most);
            var edges = new WriteEdges(head, random.Next(most - head));
            var bytes = new byte[(count * Sector.SizeBytes) - edges.Bytes];
            random.NextBytes(bytes);
            Assert.Equal(
                IoStatus.Ok,
                await device.RunAsync(IoOperation.Write, start, count, Segments([.. bytes], random), edges: edges));
            bytes.CopyTo(content, (start * Sector.SizeBytes) + head);
        }

        internal async Task ReadAsync(int start, int count)
        {
            var memory = Segments(Bytes.Filled(count * Sector.SizeBytes, Stale), random);
            await OkAsync(IoOperation.Read, start, count, memory);
            Assert.Equal(content.AsSpan(start * Sector.SizeBytes, memory.Array.Length), memory.Array.AsSpan());
        }

        /// <summary>Discards or zeroes; a discard that the device does not support becomes a write of zeroes.</summary>
        internal async Task ClearAsync(IoOperation operation, int start, int count)
        {
            operation = device.Description.MaxDiscard.Sectors.Value == 0 ? IoOperation.WriteZeroes : operation;
            await OkAsync(operation, start, count, null);
            content.AsSpan(start * Sector.SizeBytes, count * Sector.SizeBytes).Clear();
        }

        private async Task OkAsync(IoOperation operation, int start, int count, IoMemory? memory) => Assert.Equal(
            IoStatus.Ok, await device.RunAsync(operation, start, count, memory));
    }
}
