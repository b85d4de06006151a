using DmIo.Actors.Client;
using DmIo.Actors.Tests.Client;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Testing.Devices;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace DmIo.Actors.Tests.Service;

/// <summary>Writes of bytes inside sectors, by independent leases.</summary>
public sealed class EdgeTests
{
    private const int Writers = 4;
    private const int Rounds = 24;
    private const int DeviceBytes = 16 * 4096;

    [Theory]
    [InlineData(512)]
    [InlineData(4096)]
    public void Writers_of_neighboring_bytes_do_not_overwrite_each_other(int blockSizeBytes) =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed => WriteSideBySideAsync(seed, blockSizeBytes).InTime().Wait())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(12));

    [Fact]
    public async Task Each_leg_keeps_its_own_edges()
    {
        await using var running = await new RunningService().WithMemoryAsync("a", "b");
        using var client = await running.Service.OpenAsync(4).InTime();
        await FillAsync(client, "a", 1);
        await FillAsync(client, "b", 2);
        IoRegion[] regions = [new("a", 8, 8), new("b", 100, 16)];
        var options = new RequestOptions { Edges = new WriteEdges(3, 5), ForceUnitAccess = true };

        Assert.True((await client.WriteAsync(regions, Bytes.Filled(8192 - 8, 9), options).InTime()).IsOk);

        byte[] first = [.. Bytes.Filled(3, 1), .. Bytes.Filled(4096 - 8, 9), .. Bytes.Filled(5, 1)];
        byte[] second = [.. Bytes.Filled(3, 2), .. Bytes.Filled(8192 - 8, 9), .. Bytes.Filled(5, 2)];
        Assert.Equal(first, await ReadAsync(client, regions[0]));
        Assert.Equal(second, await ReadAsync(client, regions[1]));
    }

    [Fact]
    public async Task A_leg_whose_edge_cannot_be_read_fails_alone()
    {
        await using var running = await new RunningService().WithMemoryAsync("a");
        var rule = new FaultRule { Filter = OperationFilter.On(IoOperation.Read), MaxCount = 1, Errno = 61 };
        var faulty = new FaultyDevice(new MemoryDevice(ByteSize.FromSectors(64)), 1, rule);
        await running.Service.AttachAsync("b", faulty).InTime();
        using var client = await running.Service.OpenAsync(4).InTime();
        IoRegion[] regions = [new("a", 0, 1), new("b", 0, 1)];
        var options = new RequestOptions { Edges = new WriteEdges(500, 0) };

        var result = await client.WriteAsync(regions, Bytes.Filled(12, 9), options).InTime();

        Assert.Equal(0x2UL, result.Errors.Value);
        Assert.Equal(61, result[1].Failure!.Errno);
        Assert.Equal(new byte[512], await ReadAsync(client, regions[1]));
    }

    private static async Task WriteSideBySideAsync(int seed, int blockSizeBytes)
    {
        await using var running = new RunningService();
        var watched = new RecordingDevice(new MemoryDevice(ByteSize.FromBytes(DeviceBytes)));
        var device = new LimitedDevice(
            new LaterDevice(watched),
            description => description with { BlockSize = ByteSize.FromBytes(blockSizeBytes) });
        await running.Service.AttachAsync("a", device).InTime();

        var models = await Task.WhenAll(Enumerable.Range(0, Writers).Select(
            writer => Task.Run(() => WriteAsync(running.Service, seed, writer, blockSizeBytes))));

        using var client = await running.Service.OpenAsync(16).InTime();
        var content = await ReadAsync(client, new IoRegion("a", 0, DeviceBytes / Sector.SizeBytes));
        for (var at = 0; at < DeviceBytes; at++)
        {
            var expected = models[OwnerOf(at)][at];
            Assert.True(content[at] == expected, $"seed {seed}: byte {at} is {content[at]} and not {expected}");
        }

        Assert.Empty(watched.Violations);
    }

    /// <summary>Alternates between the writers in runs that do not align with blocks: every block has bytes of all
    /// writers.</summary>
    private static int OwnerOf(int at) => at / 37 % Writers;

    /// <summary>Writes random ranges of its own bytes, several at a time.</summary>
    private static async Task<byte[]> WriteAsync(DmIoService service, int seed, int writer, int blockSizeBytes)
    {
        var random = new Random(HashCode.Combine(seed, writer));
        var model = new byte[DeviceBytes];
        using var client = await service.OpenAsync(4);
        for (var round = 0; round < Rounds; round++)
        {
            var first = random.Next((DeviceBytes / 37 / Writers) - 8);
            var writes = Enumerable.Range(first, random.Next(1, 8)).Select(run =>
            {
                var at = ((run * Writers) + writer) * 37;
                var bytes = new byte[random.Next(1, 38)];
                random.NextBytes(bytes);
                bytes.CopyTo(model, at);
                return WriteBytesAsync(client, at, bytes, blockSizeBytes);
            });
            Assert.All(await Task.WhenAll(writes.ToArray()), result => Assert.True(result.IsOk, result.ToString()));
        }

        return model;
    }

    private static Task<IoResult> WriteBytesAsync(IoClient client, int at, byte[] bytes, int blockSizeBytes)
    {
        var head = at % blockSizeBytes;
        var tail = (blockSizeBytes - ((head + bytes.Length) % blockSizeBytes)) % blockSizeBytes;
        var region = new IoRegion(
            "a", (at - head) / Sector.SizeBytes, (head + bytes.Length + tail) / Sector.SizeBytes);
        return client.WriteAsync(region, bytes, new RequestOptions { Edges = new WriteEdges(head, tail) });
    }

    private static async Task FillAsync(IoClient client, string device, byte value)
    {
        var data = Bytes.Filled(200 * 512, value);
        Assert.True((await client.WriteAsync(new IoRegion(device, 0, 200), data).InTime()).IsOk);
    }

    private static async Task<byte[]> ReadAsync(IoClient client, IoRegion region)
    {
        var bytes = new byte[region.Count.Bytes];
        Assert.True((await client.ReadAsync(region, bytes).InTime()).IsOk);
        return bytes;
    }

    /// <summary>Operations complete after their call has returned, so that others run between a read and its
    /// write.</summary>
    private sealed class LaterDevice(IBlockDevice inner) : DeviceDecorator(inner)
    {
        public override ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation) => LaterAsync(operation);

        private async ValueTask<TransferResult> LaterAsync(DeviceOperation operation)
        {
            await Task.Yield();
            return await Inner.SubmitAsync(operation);
        }
    }
}
