using System.Buffers.Binary;
using DmIo.Devices;
using DmIo.Io;
using DmIo.Nbd.Protocol;
using Xunit;

namespace DmIo.Nbd.Tests.Client;

/// <summary>Writes on connections that were given up: their server may still execute them.</summary>
public sealed class LingeringTests : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private static readonly FakeExport Structured = new() { IsStructured = true };

    private readonly FakeServer server = new();

    public void Dispose() => server.Dispose();

    [Fact]
    public async Task A_write_that_was_given_up_is_held_until_the_server_closes_its_side()
    {
        var time = new ManualTime();
        var (device, peer) = await server.OpenAsync(
            Structured, options => options with { RequestTimeout = Timeout, Time = time });
        await using var opened = device;
        var into = new byte[512];
        var write = device.WriteAsync(3, Bytes.Batch(new byte[512]), forceUnitAccess: false);
        var read = device.ReadAsync(9, Bytes.Batch(into));
        await peer.ReadRequestAsync();
        var (asked, _) = await peer.ReadRequestAsync();

        time.Advance(Timeout);

        var (written, lost) = (await write.InTime(), await read.InTime());
        Assert.Equal(IoStatusCode.TimedOut, written.Status.Code);
        Assert.False(written.Held!.IsCompleted);
        await peer.SendDataAsync(asked, 9 * 512, Bytes.Filled(512, 7), isLast: true);
        Assert.Empty(await peer.ReadToEndAsync());
        Assert.False(written.Held.IsCompleted);
        Assert.Equal(written.Held, lost.Held);

        peer.Dispose();

        await written.Held.InTime();
        Assert.Equal(new byte[512], into);
    }

    [Fact]
    public async Task A_read_is_not_resent_while_a_connection_that_was_given_up_fills_its_memory()
    {
        var time = new ManualTime();
        var (device, peer) = await server.OpenAsync(
            Structured, options => options with { RequestTimeout = Timeout, ReadRetries = 1, Time = time });
        await using var opened = device;
        var write = device.WriteAsync(3, Bytes.Batch(new byte[512]), forceUnitAccess: false);
        await peer.ReadRequestAsync();
        time.Advance(Timeout / 2);
        var into = new byte[1 << 17];
        var read = device.ReadAsync(512, Bytes.Batch(into));
        var (asked, _) = await peer.ReadRequestAsync();
        var reply = new byte[ReplyChunk.SizeBytes + 8];
        new ReplyChunk(ReplyChunkFlags.Done, ReplyChunkType.OffsetData, asked.Cookie, (1 << 17) + 8).Write(reply);
        BinaryPrimitives.WriteInt64BigEndian(reply.AsSpan(ReplyChunk.SizeBytes), 512 * 512);
        await peer.SendAsync(reply);
        await peer.SendAsync([1]);
        while (Volatile.Read(ref into[0]) == 0)
        {
            await Task.Yield();
        }

        time.Advance(Timeout / 2);

        Assert.Equal(IoStatusCode.TimedOut, (await write.InTime()).Status.Code);
        Assert.False((await read.InTime()).Held!.IsCompleted);
        peer.Dispose();
    }

    [Fact]
    public async Task Nothing_is_held_if_the_server_closed_the_connection()
    {
        var (device, peer) = await server.OpenAsync(Structured);
        await using var opened = device;
        var write = device.WriteAsync(3, Bytes.Batch(new byte[512]), forceUnitAccess: false);
        await peer.ReadRequestAsync();

        peer.Dispose();

        Assert.Null((await write.InTime()).Held);
    }

    [Fact]
    public async Task A_device_that_is_closed_does_not_know_whether_the_server_executes_a_write()
    {
        var time = new ManualTime();
        var (device, peer) = await server.OpenAsync(
            Structured, options => options with { RequestTimeout = Timeout, Time = time });
        var write = device.WriteAsync(3, Bytes.Batch(new byte[512]), forceUnitAccess: false);
        await peer.ReadRequestAsync();
        time.Advance(Timeout);
        var written = await write.InTime();

        await device.DisposeAsync().InTime();

        await Assert.ThrowsAsync<IOException>(() => written.Held!.InTime());
    }
}
