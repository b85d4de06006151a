using DmIo.Devices;
using DmIo.Io;
using DmIo.Nbd.Protocol;
using Xunit;

namespace DmIo.Nbd.Tests.Client;

/// <summary>How a client handles valid and invalid replies.</summary>
public sealed class ReplyTests : IDisposable
{
    private static readonly FakeExport Structured = new() { IsStructured = true };

    private readonly FakeServer server = new();

    public void Dispose() => server.Dispose();

    [Fact]
    public async Task Replies_are_accepted_in_any_order()
    {
        var (device, peer) = await server.OpenAsync(new FakeExport());
        await using var opened = device;
        var (first, second) = (new byte[512], new byte[512]);
        var early = device.ReadAsync(0, Bytes.Batch(first));
        var late = device.ReadAsync(1, Bytes.Batch(second));
        var requests = (await peer.ReadRequestAsync(), await peer.ReadRequestAsync());

        await peer.AnswerAsync(requests.Item2.Request, NbdError.None, Bytes.Filled(512, 2));
        await peer.AnswerAsync(requests.Item1.Request, NbdError.None, Bytes.Filled(512, 1));

        Assert.Equal(512, (await late.InTime()).Bytes);
        Assert.Equal(512, (await early.InTime()).Bytes);
        Assert.Equal((1, 2), (first[0], second[511]));
    }

    [Fact]
    public async Task A_reply_is_accepted_byte_by_byte()
    {
        var (device, peer) = await server.OpenAsync(Structured);
        await using var opened = device;
        var into = new byte[1024];
        var read = device.ReadAsync(8, Bytes.Batch(into.AsMemory(0, 100), into.AsMemory(100)));
        var (request, _) = await peer.ReadRequestAsync();
        var capture = new byte[20 + 8 + 1024];
        new ReplyChunk(ReplyChunkFlags.Done, ReplyChunkType.OffsetData, request.Cookie, 8 + 1024).Write(capture);
        capture[26] = 0x10;
        capture.AsSpan(28).Fill(0x5A);

        foreach (var one in capture)
        {
            await peer.SendAsync([one]);
        }

        Assert.Equal(1024, (await read.InTime()).Bytes);
        Assert.Equal(Bytes.Filled(1024, 0x5A), into);
    }

    [Fact]
    public async Task A_structured_read_is_assembled_from_chunks_and_holes_in_any_order()
    {
        var (device, peer) = await server.OpenAsync(Structured);
        await using var opened = device;
        var into = Bytes.Filled(2048, 0xEE);
        var read = device.ReadAsync(2, Bytes.Batch(into));
        var (request, _) = await peer.ReadRequestAsync();

        await peer.SendDataAsync(request, 1024 + 1536, Bytes.Filled(512, 3));
        await peer.SendHoleAsync(request, 1024 + 512, 1024);
        await peer.SendDataAsync(request, 1024, Bytes.Filled(512, 1));
        await peer.SendDoneAsync(request);

        Assert.Equal(2048, (await read.InTime()).Bytes);
        Assert.Equal(Bytes.Sectors((1, 1), (2, 0), (1, 3)), into);
    }

    [Fact]
    public async Task A_large_payload_is_received_directly_into_its_segments()
    {
        var (device, peer) = await server.OpenAsync(Structured);
        await using var opened = device;
        var data = Bytes.Random(1 << 18, seed: 4);
        var into = new byte[data.Length];
        var read = device.ReadAsync(0, Bytes.Batch(into.AsMemory(0, 4095), into.AsMemory(4095)));
        var (request, _) = await peer.ReadRequestAsync();

        await peer.SendDataAsync(request, 0, data, isLast: true);

        Assert.Equal(data.Length, (await read.InTime()).Bytes);
        Assert.Equal(data, into);
    }

    [Theory]
    [InlineData((uint)NbdError.InputOutput, IoStatusCode.DeviceError, 5)]
    [InlineData((uint)NbdError.NoSpace, IoStatusCode.DeviceError, 28)]
    [InlineData((uint)NbdError.NotPermitted, IoStatusCode.ReadOnly, 0)]
    [InlineData((uint)NbdError.NotSupported, IoStatusCode.Unsupported, 0)]
    [InlineData(4711u, IoStatusCode.DeviceError, 4711)]
    public async Task An_error_fails_only_its_operation(uint error, IoStatusCode code, int errno)
    {
        var (device, peer) = await server.OpenAsync(new FakeExport());
        await using var opened = device;
        var write = device.WriteAsync(3, Bytes.Batch(new byte[512]), forceUnitAccess: false);
        var flush = device.FlushAsync();
        var requests = (await peer.ReadRequestAsync(), await peer.ReadRequestAsync());

        await peer.AnswerAsync(requests.Item1.Request, (NbdError)error);
        await peer.AnswerAsync(requests.Item2.Request);

        var status = (await write.InTime()).Status;
        Assert.Equal((code, errno), (status.Code, status.Failure!.Errno));
        Assert.Equal(IoStatus.Ok, await flush.InTime());
    }

    [Fact]
    public async Task The_message_of_an_error_is_passed_on()
    {
        var (device, peer) = await server.OpenAsync(Structured);
        await using var opened = device;
        var read = device.ReadAsync(7, Bytes.Batch(new byte[1024]));
        var (request, _) = await peer.ReadRequestAsync();

        await peer.SendDataAsync(request, 7 * 512, new byte[512]);
        await peer.SendErrorAsync(request, NbdError.InputOutput, "leg 2 of 3 is on fire");

        Assert.Equal(
            "The server answered the read at sector 7 with EIO: leg 2 of 3 is on fire",
            (await read.InTime()).Status.Failure!.Message);
    }

    [Fact]
    public async Task An_unknown_error_type_is_an_error()
    {
        var (device, peer) = await server.OpenAsync(Structured);
        await using var opened = device;
        var flush = device.FlushAsync();
        var (request, _) = await peer.ReadRequestAsync();

        await peer.SendChunkAsync(request, ReplyChunkType.ErrorBit + 99, [0, 0, 0, 28, 0, 0, 9, 9, 9], isLast: true);

        Assert.Equal(28, (await flush.InTime()).Failure!.Errno);
    }

    public static TheoryData<string, string> Violations => new()
    {
        { "cookie", "answered an unknown request" },
        { "magic", "instead of a reply" },
        { "simple", "answered a read with a simple reply" },
        { "outside", "that the read at sector 2 did not request" },
        { "before", "that the read at sector 2 did not request" },
        { "twice", "sent the same bytes" },
        { "gap", "without sending all data" },
        { "empty", "a chunk of data without data" },
        { "type", "sent a chunk of type 77" },
        { "none", "sent a chunk of type 0" },
        { "text", "an error of 6 bytes with a message of 1" },
        { "flood", "sent a chunk of type 32769 and 16777216 bytes" },
    };

    [Theory]
    [MemberData(nameof(Violations))]
    public async Task A_protocol_error_ends_the_connection(string what, string named)
    {
        var (device, peer) = await server.OpenAsync(Structured);
        await using var opened = device;
        var read = device.ReadAsync(2, Bytes.Batch(new byte[1024]));
        var (request, _) = await peer.ReadRequestAsync();

        await BreakAsync(peer, request, what);

        var failure = (await read.InTime()).Status.Failure!;
        Assert.Contains(named, failure.Message, StringComparison.Ordinal);
        Assert.Equal(71, failure.Errno);
        await peer.ReadToEndAsync();
    }

    [Fact]
    public async Task A_structured_reply_that_was_not_negotiated_ends_the_connection()
    {
        var (device, peer) = await server.OpenAsync(new FakeExport());
        await using var opened = device;
        var flush = device.FlushAsync();
        var (request, _) = await peer.ReadRequestAsync();

        await peer.SendDoneAsync(request);

        Assert.Equal(71, (await flush.InTime()).Failure!.Errno);
    }

    [Fact]
    public async Task A_duplicate_reply_ends_the_connection()
    {
        var (device, peer) = await server.OpenAsync(new FakeExport());
        await using var opened = device;
        var first = device.FlushAsync();
        var (request, _) = await peer.ReadRequestAsync();
        await peer.AnswerAsync(request);
        Assert.Equal(IoStatus.Ok, await first.InTime());
        var second = device.FlushAsync();
        await peer.ReadRequestAsync();

        await peer.AnswerAsync(request);

        Assert.Equal(71, (await second.InTime()).Failure!.Errno);
    }

    private static Task BreakAsync(FakePeer peer, RequestHeader request, string what) => what switch
    {
        "cookie" => peer.SendDoneAsync(request with { Cookie = request.Cookie ^ 0x100 }),
        "magic" => peer.SendAsync(Bytes.Filled(16, 0x33)),
        "simple" => peer.AnswerAsync(request, NbdError.None, new byte[1024]),
        "outside" => peer.SendDataAsync(request, 1024 + 512, new byte[513]),
        "before" => peer.SendDataAsync(request, 1023, new byte[2]),
        "twice" => TwiceAsync(peer, request),
        "gap" => peer.SendDataAsync(request, 1024, new byte[512], isLast: true),
        "empty" => peer.SendDataAsync(request, 1024, []),
        "type" => peer.SendChunkAsync(request, (ReplyChunkType)77, [1, 2, 3]),
        "none" => peer.SendChunkAsync(request, ReplyChunkType.None, [1], isLast: true),
        "text" => peer.SendChunkAsync(request, ReplyChunkType.Error, [0, 0, 0, 5, 0, 1], isLast: true),
        _ => peer.AnnounceChunkAsync(request, ReplyChunkType.Error, 1 << 24),
    };

    private static async Task TwiceAsync(FakePeer peer, RequestHeader request)
    {
        await peer.SendDataAsync(request, 1024, new byte[512]);
        await peer.SendHoleAsync(request, 1024 + 511, 512);
    }
}
