using System.Threading.Channels;
using DmIo.Devices;
using DmIo.Io;
using DmIo.Nbd.Client;
using DmIo.Nbd.Protocol;
using Xunit;
using static DmIo.Nbd.Client.NbdDeviceEvents;

namespace DmIo.Nbd.Tests.Client;

/// <summary>Lost connections, silent servers, and reconnecting.</summary>
public sealed class ConnectionLossTests : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private static readonly FakeExport Structured = new() { IsStructured = true };

    private readonly FakeServer server = new();

    public void Dispose() => server.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(24)]
    [InlineData(600)]
    public async Task Operations_in_flight_fail_when_the_connection_ends_during_a_reply(int bytes)
    {
        var (device, peer) = await server.OpenAsync(Structured);
        await using var opened = device;
        var read = device.ReadAsync(0, Bytes.Batch(new byte[1024]));
        var write = device.WriteAsync(8, Bytes.Batch(new byte[512]), forceUnitAccess: false);
        var (request, _) = await peer.ReadRequestAsync();
        await peer.ReadRequestAsync();
        var reply = new byte[20 + 8 + 1024];
        new ReplyChunk(ReplyChunkFlags.Done, ReplyChunkType.OffsetData, request.Cookie, 8 + 1024).Write(reply);

        await peer.SendAsync(reply[..bytes]);
        peer.Dispose();

        Assert.Equal((IoStatusCode.DeviceError, 104), CodeOf((await read.InTime()).Status));
        var status = (await write.InTime()).Status;
        Assert.Equal((IoStatusCode.DeviceError, 104), CodeOf(status));
        Assert.EndsWith("It is unknown whether it took place.", status.Failure!.Message);
    }

    [Fact]
    public async Task A_lost_connection_is_reestablished_and_nothing_is_resent()
    {
        var (device, peer) = await server.OpenAsync(Structured);
        await using var opened = device;
        var news = Listen(device);
        var write = device.WriteAsync(0, Bytes.Batch(new byte[512]), forceUnitAccess: false);
        await peer.ReadRequestAsync();
        peer.Dispose();
        Assert.False((await write.InTime()).Status.IsOk);

        using var next = await server.AcceptAsync(Structured);
        var lost = Assert.IsType<ConnectionLost>(await news.ReadAsync());
        Assert.Equal((0, 1), (lost.Connections, lost.Operations));
        Assert.Equal(1, Assert.IsType<Connected>(await news.ReadAsync()).Connections);
        var flush = device.FlushAsync();
        var (request, _) = await next.ReadRequestAsync();
        await next.AnswerAsync(request);

        Assert.Equal(NbdCommand.Flush, request.Command);
        Assert.Equal(IoStatus.Ok, await flush.InTime());
    }

    [Fact]
    public async Task Without_a_connection_an_operation_fails_immediately_and_is_not_sent()
    {
        var (device, peer) = await server.OpenAsync(Structured);
        await using var opened = device;
        var news = Listen(device);
        peer.Dispose();
        await news.ReadAsync();

        var status = (await device.ReadAsync(0, Bytes.Batch(new byte[512])).InTime()).Status;

        Assert.Equal(IoStatusCode.DeviceGone, status.Code);
        Assert.Contains("was not sent", status.Failure!.Message);
    }

    [Fact]
    public async Task An_operation_may_wait_for_a_new_connection()
    {
        var (device, peer) = await server.OpenAsync(Structured, options => options with { ReconnectWait = Timeout });
        await using var opened = device;
        var news = Listen(device);
        peer.Dispose();
        await news.ReadAsync();

        var flush = device.FlushAsync();
        using var next = await server.AcceptAsync(Structured);
        await next.AnswerAsync((await next.ReadRequestAsync()).Request);

        Assert.Equal(IoStatus.Ok, await flush.InTime());
    }

    [Fact]
    public async Task An_operation_waits_for_a_new_connection_within_its_limit()
    {
        var time = new ManualTime();
        var (device, peer) = await server.OpenAsync(
            Structured, options => options with { ReconnectWait = Timeout, Time = time });
        await using var opened = device;
        var news = Listen(device);
        peer.Dispose();
        await news.ReadAsync();
        var flush = device.FlushAsync();

        time.Advance(Timeout);

        Assert.Equal(IoStatusCode.DeviceGone, (await flush.InTime()).Code);
    }

    [Fact]
    public async Task The_first_flush_after_a_loss_fails_if_acknowledged_writes_were_not_flushed()
    {
        var (device, peer) = await server.OpenAsync(Structured);
        await using var opened = device;
        var news = Listen(device);
        var write = device.WriteAsync(0, Bytes.Batch(new byte[512]), forceUnitAccess: false);
        await peer.AnswerAsync((await peer.ReadRequestAsync()).Request);
        Assert.True((await write.InTime()).Status.IsOk);
        peer.Dispose();
        using var next = await server.AcceptAsync(Structured);
        await news.ReadAsync();
        await news.ReadAsync();

        var first = (await device.FlushAsync().InTime()).Failure!;
        var second = device.FlushAsync();
        await next.AnswerAsync((await next.ReadRequestAsync()).Request);

        Assert.Contains("1 acknowledged writes were not flushed", first.Message);
        Assert.Equal(IoStatus.Ok, await second.InTime());
    }

    [Fact]
    public async Task A_flush_after_a_loss_succeeds_if_all_writes_were_flushed()
    {
        var (device, peer) = await server.OpenAsync(Structured);
        await using var opened = device;
        var news = Listen(device);
        var write = device.WriteAsync(0, Bytes.Batch(new byte[512]), forceUnitAccess: false);
        await peer.AnswerAsync((await peer.ReadRequestAsync()).Request);
        await write.InTime();
        var before = device.FlushAsync();
        await peer.AnswerAsync((await peer.ReadRequestAsync()).Request);
        await before.InTime();
        peer.Dispose();
        using var next = await server.AcceptAsync(Structured);
        await news.ReadAsync();
        await news.ReadAsync();

        var after = device.FlushAsync();
        await next.AnswerAsync((await next.ReadRequestAsync()).Request);

        Assert.Equal(IoStatus.Ok, await after.InTime());
    }

    public static TheoryData<long, bool, int> OtherExports => new()
    {
        { 512 << 10, false, 1 }, { 1 << 20, true, 1 }, { 1 << 20, false, 4096 },
    };

    [Theory]
    [MemberData(nameof(OtherExports))]
    public async Task A_changed_export_fails_the_device(long size, bool isReadOnly, int minimum)
    {
        var (device, peer) = await server.OpenAsync(Structured);
        await using var opened = device;
        var news = Listen(device);
        peer.Dispose();
        using var next = await server.AcceptAsync(Structured with
        {
            SizeBytes = size,
            Flags = Structured.Flags | (isReadOnly ? TransmissionFlags.ReadOnly : TransmissionFlags.None),
            Sizes = new BlockSizes((uint)minimum, 4096, 1 << 25),
        });
        await news.ReadAsync();
        Assert.IsType<DeviceHasChanged>(await news.ReadAsync());

        var status = (await device.ReadAsync(0, Bytes.Batch(new byte[512])).InTime()).Status;

        Assert.Equal(IoStatusCode.DeviceFailed, status.Code);
        Assert.Contains("has changed", status.Failure!.Message);
    }

    [Fact]
    public async Task An_export_that_has_grown_serves_the_device_in_its_old_size()
    {
        var (device, peer) = await server.OpenAsync(Structured);
        await using var opened = device;
        var news = Listen(device);
        peer.Dispose();
        using var next = await server.AcceptAsync(Structured with { SizeBytes = 2 << 20 });
        await news.ReadAsync();
        Assert.IsNotType<DeviceHasChanged>(await news.ReadAsync());

        var flush = device.FlushAsync();
        await next.AnswerAsync((await next.ReadRequestAsync()).Request);

        Assert.Equal(IoStatus.Ok, await flush.InTime());
        Assert.Equal(ByteSize.FromMiB(1), device.Description.Capacity);
    }

    [Fact]
    public async Task An_operation_that_times_out_closes_its_connection()
    {
        var time = new ManualTime();
        var (device, peer) = await server.OpenAsync(
            Structured, options => options with { RequestTimeout = Timeout, Time = time });
        await using var opened = device;
        var late = device.ReadAsync(0, Bytes.Batch(new byte[512]));
        time.Advance(Timeout / 2);
        var other = device.ReadAsync(1, Bytes.Batch(new byte[512]));

        time.Advance(Timeout / 2);

        Assert.Equal((IoStatusCode.TimedOut, 110), CodeOf((await late.InTime()).Status));
        Assert.Equal((IoStatusCode.DeviceError, 104), CodeOf((await other.InTime()).Status));
        Assert.Equal(2 * RequestHeader.SizeBytes, (await peer.ReadToEndAsync()).Length);
    }

    [Fact]
    public async Task A_late_reply_does_not_write_to_the_buffer_of_a_timed_out_operation()
    {
        var time = new ManualTime();
        var (device, peer) = await server.OpenAsync(
            Structured, options => options with { RequestTimeout = Timeout, Time = time });
        await using var opened = device;
        var buffer = new byte[1 << 17];
        var late = device.ReadAsync(0, Bytes.Batch(buffer));
        var (request, _) = await peer.ReadRequestAsync();
        var reply = new byte[20 + 8 + (1 << 17)];
        reply.AsSpan(28).Fill(0xAA);
        new ReplyChunk(ReplyChunkFlags.Done, ReplyChunkType.OffsetData, request.Cookie, (1 << 17) + 8).Write(reply);
        await peer.SendAsync(reply[..100]);
        time.Advance(Timeout);
        Assert.Equal(IoStatusCode.TimedOut, (await late.InTime()).Status.Code);
        Array.Fill(buffer, (byte)0x11);

        await Assert.ThrowsAnyAsync<Exception>(() => peer.SendAsync(reply[100..]));

        Assert.Equal(Bytes.Filled(1 << 17, 0x11), buffer);
    }

    [Fact]
    public async Task A_read_is_resent_if_the_options_allow_it()
    {
        var (device, peer) = await server.OpenAsync(Structured, options => options with { ReadRetries = 1 });
        await using var opened = device;
        var into = new byte[512];
        var read = device.ReadAsync(3, Bytes.Batch(into));
        await peer.ReadRequestAsync();
        peer.Dispose();

        using var next = await server.AcceptAsync(Structured);
        var (request, _) = await next.ReadRequestAsync();
        await next.SendDataAsync(request, 3 * 512, Bytes.Filled(512, 9), isLast: true);

        Assert.Equal(512, (await read.InTime()).Bytes);
        Assert.Equal(Bytes.Filled(512, 9), into);
    }

    [Fact]
    public async Task A_write_is_resent_after_the_server_closed_the_connection()
    {
        var (device, peer) = await server.OpenAsync(Structured, options => options with { WriteRetries = 1 });
        await using var opened = device;
        var write = device.WriteAsync(3, Bytes.Batch(Bytes.Filled(512, 7)), forceUnitAccess: false);
        await peer.ReadRequestAsync();
        peer.Dispose();

        using var next = await server.AcceptAsync(Structured);
        var (request, payload) = await next.ReadRequestAsync();
        await next.AnswerAsync(request);

        Assert.Equal(Bytes.Filled(512, 7), payload);
        Assert.True((await write.InTime()).Status.IsOk);
    }

    [Fact]
    public async Task A_write_is_not_resent_after_the_client_closed_the_connection()
    {
        var time = new ManualTime();
        var (device, peer) = await server.OpenAsync(
            Structured, options => options with { WriteRetries = 9, RequestTimeout = Timeout, Time = time });
        await using var opened = device;
        var late = device.FlushAsync();
        time.Advance(Timeout / 2);
        var write = device.WriteAsync(3, Bytes.Batch(new byte[512]), forceUnitAccess: false);

        time.Advance(Timeout / 2);

        Assert.Equal(IoStatusCode.TimedOut, (await late.InTime()).Code);
        Assert.Equal(104, (await write.InTime()).Status.Failure!.Errno);
        peer.Dispose();
    }

    [Fact]
    public async Task Closing_a_device_sends_a_disconnect()
    {
        var (device, peer) = await server.OpenAsync(Structured);

        await device.DisposeAsync().InTime();

        Assert.True(RequestHeader.TryRead(await peer.ReadToEndAsync(), out var request));
        Assert.Equal(NbdCommand.Disconnect, request.Command);
    }

    [Fact]
    public async Task Closing_a_device_does_not_wait_for_a_silent_server()
    {
        var (device, peer) = await server.OpenAsync(Structured);
        var read = device.ReadAsync(0, Bytes.Batch(new byte[512]));
        await peer.ReadRequestAsync();

        await device.DisposeAsync().InTime();

        Assert.False((await read.InTime()).Status.IsOk);
    }

    [Fact]
    public async Task An_attached_device_handles_a_loss_as_well()
    {
        var (device, peer) = await server.OpenAsync(Structured);
        await using var owned = new PolledDevice(device);
        var news = Listen(device);
        var read = owned.ReadAsync(0, Bytes.Batch(new byte[512]));
        await peer.ReadRequestAsync();
        peer.Dispose();

        Assert.Equal(104, (await read.InTime()).Status.Failure!.Errno);
        using var next = await server.AcceptAsync(Structured);
        Assert.IsType<ConnectionLost>(await news.ReadAsync());
        Assert.IsType<Connected>(await news.ReadAsync());
        var flush = owned.FlushAsync();
        await next.AnswerAsync((await next.ReadRequestAsync()).Request);
        Assert.Equal(IoStatus.Ok, await flush.InTime());
    }

    private static (IoStatusCode Code, int Errno) CodeOf(IoStatus status) => (status.Code, status.Failure!.Errno);

    /// <summary>Records the events from now on, without the failed attempts, whose number varies.</summary>
    private static News Listen(NbdDevice device) => new(device);

    private sealed class News
    {
        private readonly Channel<NbdDeviceEvent> all = Channel.CreateUnbounded<NbdDeviceEvent>();

        internal News(NbdDevice device) => device.Events.Listen(news =>
        {
            if (news is not ReconnectFailed)
            {
                all.Writer.TryWrite(news);
            }
        });

        internal Task<NbdDeviceEvent> ReadAsync() => all.Reader.ReadAsync().InTime();
    }
}
