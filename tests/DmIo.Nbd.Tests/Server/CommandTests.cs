using System.Buffers.Binary;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Nbd.Protocol;
using DmIo.Nbd.Server;
using Xunit;

namespace DmIo.Nbd.Tests.Server;

/// <summary>Every command over a socket, from the client's side.</summary>
public sealed class CommandTests
{
    [Theory]
    [InlineData(512)]
    [InlineData(4096)]
    [InlineData(32 * 1024)]
    [InlineData((32 * 1024) + 512)]
    [InlineData(64 * 1024)]
    [InlineData(1 << 20)]
    [InlineData(32 << 20)]
    [InlineData((64 << 20) - 1024)]
    public async Task Written_data_is_read_back(int length)
    {
        await using var served = await ServedDisks.WithDiskAsync();
        using var client = await served.UseAsync();
        var data = NewData(length);

        Assert.Equal(NbdError.None, await client.WriteAsync(1024, data));

        Assert.Equal(data, await client.ReadAsync(1024, length));
    }

    [Theory]
    [InlineData(4096)]
    [InlineData((3 << 20) + 512)]
    public async Task Chunks_contain_the_written_data(int length)
    {
        await using var served = await ServedDisks.WithDiskAsync();
        using var client = await served.UseAsync(structured: true);
        var data = NewData(length);
        Assert.Equal(NbdError.None, await client.WriteAsync(512, data));

        var (read, _) = await client.ReadChunksAsync(512, length);

        Assert.Equal(data, read);
    }

    [Fact]
    public async Task A_hole_is_sent_without_its_zeroes()
    {
        await using var served = await ServedDisks.WithDiskAsync();
        using var client = await served.UseAsync(structured: true);
        await client.RequestAsync(NbdCommand.Read, 4096, 8192);

        var (chunk, _) = await client.ChunkAsync();

        Assert.Equal(ReplyChunkType.OffsetHole, chunk.Type);
        Assert.True(chunk.IsDone);
    }

    [Theory]
    [InlineData(512, 256 << 10, 4096)]
    [InlineData(777, 1 << 20, 4096)]
    [InlineData(0, 64 << 20, 4096)]
    [InlineData(777, 1 << 20, 64)]
    [InlineData(0, 64 << 20, 64)]
    public async Task With_DF_a_reply_has_one_chunk_of_data_even_for_zeroes(int offset, int length, int pages)
    {
        await using var served = await ServedDisks.StartAsync();
        await served.AddAsync(
            new NbdExport { Name = "disk", Device = "disk", Pages = pages }, ServedDisks.NewMemory());
        using var writer = await served.UseAsync();
        var data = NewData(length);
        data.AsSpan(0, length / 2).Clear();
        Assert.Equal(NbdError.None, await writer.WriteAsync((ulong)offset, data));
        using var client = await served.UseAsync(structured: true);

        var (read, chunks) = await client.ReadChunksAsync((ulong)offset, length, CommandFlags.DoNotFragment);

        Assert.Equal(1, chunks);
        Assert.Equal(data, read);
    }

    [Fact]
    public async Task Other_chunks_do_not_interrupt_a_reply_with_DF()
    {
        await using var served = await ServedDisks.WithDiskAsync();
        using var client = await served.UseAsync(structured: true);
        for (ulong cookie = 0; cookie < 20; cookie++)
        {
            var flags = cookie % 2 == 0 ? CommandFlags.DoNotFragment : CommandFlags.None;
            await client.RequestAsync(NbdCommand.Read, 0, 2 << 20, cookie, flags);
        }

        var received = new long[20];
        for (var ended = 0; ended < 20;)
        {
            var (chunk, payload) = await client.ChunkAsync();
            received[chunk.Cookie] += chunk.Type == ReplyChunkType.OffsetData
                ? payload.Length - ReplyChunk.DataOffsetBytes
                : BinaryPrimitives.ReadUInt32BigEndian(payload.AsSpan(ReplyChunk.DataOffsetBytes));
            ended += chunk.IsDone ? 1 : 0;
        }

        Assert.All(received, length => Assert.Equal(2 << 20, length));
    }

    [Fact]
    public async Task Many_requests_in_one_send_are_all_answered_with_their_cookies()
    {
        await using var served = await ServedDisks.WithDiskAsync();
        using var client = await served.UseAsync();
        var bytes = new List<byte>();
        for (var index = 0; index < 500; index++)
        {
            var request = new byte[RequestHeader.SizeBytes + 512];
            new RequestHeader(NbdCommand.Write, CommandFlags.None, (ulong)index, (ulong)index * 512, 512)
                .Write(request);
            Array.Fill(request, (byte)index, RequestHeader.SizeBytes, 512);
            bytes.AddRange(request);
        }

        await client.SendAsync(bytes.ToArray());
        var cookies = new HashSet<ulong>();
        for (var index = 0; index < 500; index++)
        {
            var reply = await client.SimpleReplyAsync();
            Assert.Equal(NbdError.None, reply.Error);
            Assert.True(cookies.Add(reply.Cookie));
        }

        var read = await client.ReadAsync(0, 500 * 512);
        Assert.All(Enumerable.Range(0, 500), index => Assert.Equal((byte)index, read[(index * 512) + 511]));
    }

    [Fact]
    public async Task Zeroes_are_written_and_trimmed_sectors_are_discarded()
    {
        await using var served = await ServedDisks.WithDiskAsync();
        using var client = await served.UseAsync();
        await client.WriteAsync(0, NewData(1 << 20));

        Assert.Equal(NbdError.None, await client.DoAsync(NbdCommand.WriteZeroes, 4096, 8192));
        Assert.Equal(NbdError.None, await client.DoAsync(NbdCommand.Trim, 65536, 65536));

        Assert.All(await client.ReadAsync(4096, 8192), read => Assert.Equal(0, read));
        Assert.All(await client.ReadAsync(65536, 65536), read => Assert.Equal(0, read));
    }

    [Fact]
    public async Task Flags_of_zeroing_reach_the_device()
    {
        await using var served = await ServedDisks.StartAsync();
        var device = new RecordingDevice(ServedDisks.NewMemory());
        await served.AddAsync("disk", device);
        using var client = await served.UseAsync();

        await client.DoAsync(NbdCommand.WriteZeroes, 0, 4096, CommandFlags.NoHole | CommandFlags.FastZero);

        Assert.Equal(
            WriteZeroesFlags.NoUnmap | WriteZeroesFlags.NoFallback, Assert.Single(device.Calls).Zeroing);
    }

    [Fact]
    public async Task A_durable_trim_is_flushed_before_it_is_answered()
    {
        await using var served = await ServedDisks.StartAsync();
        var device = new RecordingDevice(new FaultyDevice(ServedDisks.NewMemory(), seed: 1));
        await served.AddAsync("disk", device);
        using var client = await served.UseAsync();

        await client.DoAsync(NbdCommand.Trim, 0, 4096, CommandFlags.ForceUnitAccess);

        Assert.Equal([IoOperation.Discard, IoOperation.Flush], device.Calls.Select(call => call.Operation));
    }

    [Fact]
    public async Task A_flush_and_a_cache_request_are_answered()
    {
        await using var served = await ServedDisks.WithDiskAsync();
        using var client = await served.UseAsync();

        Assert.Equal(NbdError.None, await client.DoAsync(NbdCommand.Flush, 0, 0));
        Assert.Equal(NbdError.None, await client.DoAsync(NbdCommand.Cache, 100, 1 << 20));
    }

    [Theory]
    [InlineData(NbdCommand.Write)]
    [InlineData(NbdCommand.Trim)]
    [InlineData(NbdCommand.WriteZeroes)]
    [InlineData(NbdCommand.Cache)]
    [InlineData(NbdCommand.Read)]
    internal async Task Requests_of_length_zero_succeed(NbdCommand command)
    {
        await using var served = await ServedDisks.WithDiskAsync();
        using var client = await served.UseAsync();

        Assert.Equal(NbdError.None, await client.DoAsync(command, 4096, 0));
    }

    [Theory]
    [InlineData(512, 777, 1)]
    [InlineData(512, 777, 1000)]
    [InlineData(512, 1, 300_001)]
    [InlineData(4096, 5, 100)]
    [InlineData(4096, 4095, 4098)]
    [InlineData(4096, 12_345, 300_001)]
    public async Task Any_bytes_can_be_written_and_their_neighbors_are_unchanged(int blockBytes, int offset, int length)
    {
        await using var served = await ServedDisks.StartAsync();
        await served.AddAsync("disk", new LimitedDevice(
            ServedDisks.NewMemory(), description => description with { BlockSize = ByteSize.FromBytes(blockBytes) }));
        using var client = await served.UseAsync();
        var expected = NewData(1 << 20);
        await client.WriteAsync(0, expected);
        var data = NewData(length);
        data.CopyTo(expected, offset);

        Assert.Equal(NbdError.None, await client.WriteAsync((ulong)offset, data));

        Assert.Equal(expected, await client.ReadAsync(0, expected.Length));
        Assert.Equal(data, await client.ReadAsync((ulong)offset, length));
    }

    [Theory]
    [InlineData(100, 50)]
    [InlineData(500, 24)]
    [InlineData(100, 10_000)]
    [InlineData(1024, 10_001)]
    public async Task Any_bytes_can_be_zeroed_and_their_neighbors_are_unchanged(int offset, int length)
    {
        await using var served = await ServedDisks.WithDiskAsync();
        using var client = await served.UseAsync();
        var expected = NewData(1 << 20);
        await client.WriteAsync(0, expected);
        expected.AsSpan(offset, length).Clear();

        Assert.Equal(NbdError.None, await client.DoAsync(NbdCommand.WriteZeroes, (ulong)offset, (uint)length));

        Assert.Equal(expected, await client.ReadAsync(0, expected.Length));
    }

    [Fact]
    public async Task A_trim_does_not_change_its_neighbors()
    {
        await using var served = await ServedDisks.WithDiskAsync();
        using var client = await served.UseAsync();
        var data = NewData(4096);
        await client.WriteAsync(0, data);

        Assert.Equal(NbdError.None, await client.DoAsync(NbdCommand.Trim, 1, 1000));
        Assert.Equal(NbdError.None, await client.DoAsync(NbdCommand.Trim, 1000, 1000));

        var read = await client.ReadAsync(0, 4096);
        Assert.Equal(data[..1024], read[..1024]);
        Assert.Equal(data[1536..], read[1536..]);
    }

    [Fact]
    public async Task Block_status_returns_the_extents_of_the_device()
    {
        await using var served = await ServedDisks.WithDiskAsync();
        using var client = await served.UseAsync(structured: true);
        await client.WriteAsync(1 << 20, NewData(1 << 20));

        var extents = await client.StatusAsync(100, 4 << 20);

        Assert.Equal(
            [((1 << 20) - 100, AllocationState.Hole | AllocationState.Zero), (1 << 20, AllocationState.Data)],
            extents[..2]);
        Assert.Equal(4 << 20, extents.Sum(extent => extent.Length));
    }

    [Fact]
    public async Task A_request_for_one_extent_returns_one_within_the_range()
    {
        await using var served = await ServedDisks.WithDiskAsync();
        using var client = await served.UseAsync(structured: true);

        var extents = await client.StatusAsync(1, 1000, CommandFlags.RequestOne);

        Assert.Equal(1000, Assert.Single(extents).Length);
    }

    [Fact]
    public async Task A_disconnect_closes_the_connection_after_the_requests_in_flight()
    {
        await using var served = await ServedDisks.WithDiskAsync();
        using var client = await served.UseAsync();
        await client.RequestAsync(NbdCommand.Write, 0, 512, payload: NewData(512));
        await client.RequestAsync(NbdCommand.Disconnect, 0, 0);

        Assert.Equal(NbdError.None, (await client.SimpleReplyAsync()).Error);
        await client.ExpectEndAsync();
    }

    internal static byte[] NewData(int length)
    {
        var data = new byte[length];
        new Random(length).NextBytes(data);
        return data;
    }
}
