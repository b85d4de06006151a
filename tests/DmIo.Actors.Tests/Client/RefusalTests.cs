using DmIo.Actors.Client;
using DmIo.Actors.Protocol;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Memory;
using Xunit;

namespace DmIo.Actors.Tests.Client;

/// <summary>R2 and R3 in the client: the call throws, and no device is touched.</summary>
public sealed class RefusalTests
{
    private static readonly byte[] Page = new byte[4096];

    private static readonly TimeSpan NoTime = TimeSpan.Zero;

    private static readonly IoRegion[] SixtyFive = [.. Enumerable.Range(0, 65).Select(at => new IoRegion("a", at, 1))];

    public static TheoryData<string, IoOperation, IoRegion[], IoMemory?, RequestOptions?, string> BadRequests => new()
    {
        { "R2", IoOperation.Read, [new("a", 0, 1), new("a", 1, 1)], Page, null, "exactly one region" },
        { "R3", IoOperation.Write, [], Page, null, "1 to 64" },
        { "R3", IoOperation.Write, SixtyFive, Page, null, "65" },
        { "R3", IoOperation.Write, [new("a", -1, 1)], Page, null, "-1" },
        { "R3", IoOperation.Write, [new("a", 0, -1)], Page, null, "-1" },
        { "R3", IoOperation.Write, [new("", 0, 1)], Page, null, "names no device" },
        { "R3", IoOperation.Write, [new("a", 0, 9)], Page, null, "4608" },
        { "R3", IoOperation.Write, [new("a", 0, 2), new("a", 1, 2)], Page, null, "overlaps" },
        { "R3", IoOperation.Write, [new("a", 0, 1)], null, null, "needs memory" },
        { "R3", IoOperation.Flush, [new("a", 0, 1)], Page, null, "carries no data" },
        { "R3", IoOperation.Read, [new("a", 0, 1)], new ReadOnlyMemory<byte>(Page), null, "read-only" },
        { "R3", IoOperation.Flush, [new("a", 0, 0)], null, new RequestOptions { ForceUnitAccess = true }, "FUA" },
        { "R3", IoOperation.Flush, [new("a", 0, 0)], null, new RequestOptions { Deadline = NoTime }, "deadline" },
    };

    [Theory]
    [MemberData(nameof(BadRequests))]
    public async Task R2_R3_an_invalid_request_throws_from_the_call(
        string rule, IoOperation operation, IoRegion[] regions, IoMemory? memory, RequestOptions? options, string fault)
    {
        await using var running = new RunningService();
        var device = new RecordingDevice(new MemoryDevice(ByteSize.FromMiB(1)));
        await running.Service.AttachAsync("a", device).InTime();
        using var client = await running.Service.OpenAsync(1).InTime();

        var error = Assert.Throws<IoRefusedException>(
            () => client.RequestAsync(operation, regions, memory, options).Unawaited());

        Assert.True(error.Message.Contains(fault, StringComparison.Ordinal), $"{rule}: {error.Message}");
        Assert.Equal(IoRefusal.BreaksRule, error.Cause);
        Assert.Empty(device.Calls);
        Assert.Equal(0, client.OutstandingCount);
    }

    [Fact]
    public async Task R3_blocking_calls_and_callbacks_throw_from_the_call_too()
    {
        await using var running = new RunningService();
        using var client = await running.Service.OpenAsync(1).InTime();
        var called = false;

        Assert.Throws<IoRefusedException>(() => client.Write([], Page));
        Assert.Throws<IoRefusedException>(() => client.Write([], Page, (_, _) => called = true));

        Assert.Equal(0, client.OutstandingCount);
        Assert.False(called);
    }

    [Fact]
    public async Task R3_a_refused_request_affects_no_other_request()
    {
        await using var running = await new RunningService().WithMemoryAsync("a");
        using var client = await running.Service.OpenAsync(1).InTime();

        var before = client.WriteAsync(new IoRegion("a", 0, 8), Page);
        Assert.Throws<IoRefusedException>(() => client.Write([], Page));
        var after = client.WriteAsync(new IoRegion("a", 8, 8), Page);

        Assert.True((await before.InTime()).IsOk);
        Assert.True((await after.InTime()).IsOk);
    }
}
