using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Nbd.Client;
using DmIo.Nbd.Protocol;
using DmIo.Nbd.Server;
using DmIo.Nbd.Tests.Client;
using Xunit;

namespace DmIo.Nbd.Tests.Fuzz;

/// <summary>The minimized defects that the fuzzers found.</summary>
public sealed class FoundByFuzzingTests
{
    [Theory]
    [InlineData(0u)]
    [InlineData((uint)ServedDisks.SizeBytes)]
    public async Task A_connection_that_fails_during_a_write_is_removed(uint offset)
    {
        await using var served = await ServedDisks.WithDiskAsync();
        using (var client = await RawClient.UseAsync(served.SocketPath, "disk"))
        {
            await client.SendAsync(new RequestHeader(NbdCommand.Flush, CommandFlags.None, 1, 0, 0));
            await client.SendAsync(new RequestHeader(NbdCommand.Write, CommandFlags.None, 2, offset, 1 << 20));
            await client.SendAsync(new byte[100_000]);

            // A socket that is closed with unread data sends a reset.
            await client.AnsweredAsync();
        }

        await served.AssertNothingHeldAsync();
    }

    [Fact]
    public async Task A_refused_write_is_discarded_with_the_least_memory_while_a_read_has_a_block()
    {
        await using var served = await ServedDisks.StartAsync();
        var device = new HungDevice(ServedDisks.NewMemory(), OperationFilter.On(IoOperation.Write));
        await served.AddAsync(new NbdExport { Name = "disk", Device = "disk", Pages = 64 }, device);
        using var client = await RawClient.UseAsync(served.SocketPath, "disk");
        var requests = new byte[100_000];
        new RequestHeader(NbdCommand.Write, CommandFlags.None, 1, 0, 512).Write(requests);
        new RequestHeader(NbdCommand.Read, CommandFlags.None, 2, 4096, 512).Write(
            requests.AsSpan(RequestHeader.SizeBytes + 512));
        const int refused = (2 * RequestHeader.SizeBytes) + 512;
        new RequestHeader(
            NbdCommand.Write,
            CommandFlags.None,
            3,
            ServedDisks.SizeBytes,
            (uint)(requests.Length - refused - RequestHeader.SizeBytes)).Write(requests.AsSpan(refused));

        await client.SendAsync(requests);

        Assert.Equal(2u, (await client.SimpleReplyAsync()).Cookie);
        await client.ReceiveAsync(512);
        Assert.Equal(3u, (await client.SimpleReplyAsync()).Cookie);
        device.Release();
        Assert.Equal(1u, (await client.SimpleReplyAsync()).Cookie);
    }

    [Fact]
    public async Task A_connect_canceled_at_any_moment_ends_as_canceled_or_failed()
    {
        using var server = new FakeServer();
        var random = new Random(1);
        for (var count = 0; count < 500; count++)
        {
            using var ending = new CancellationTokenSource();
            var dialer = new NbdDialer(new NbdDeviceOptions { Uri = server.Uri });
            using var start = new Barrier(2);
            var spin = random.Next(600);
            var calledOff = Task.Run(() =>
            {
                start.SignalAndWait();
                Thread.SpinWait(spin);
                ending.Cancel();
            });
            var dial = Task.Run(async () =>
            {
                start.SignalAndWait();
                await dialer.DialAsync(ending.Token);
            });

            await calledOff;

            var fault = await Record.ExceptionAsync(() => dial.InTime());
            Assert.True(fault is OperationCanceledException or IOException, fault?.ToString());
            while (server.HasPendingConnection)
            {
                (await server.AcceptAsync()).Dispose();
            }
        }
    }
}
