using Akka.Event;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Nbd.Protocol;
using DmIo.Nbd.Server;
using DmIo.Nbd.Server.Exports;
using Xunit;

namespace DmIo.Nbd.Tests.Server;

/// <summary>Clients that exceed a limit, and the memory that clients may hold.</summary>
public sealed class LimitTests
{
    private readonly ManualTime time = new();

    [Fact]
    public async Task A_handshake_that_takes_too_long_is_aborted()
    {
        await using var served = await ServedDisks.WithDiskAsync(time: time);
        using var client = await RawClient.ConnectAsync(served.SocketPath);
        await served.StatusWhenAsync(status => status.Connections.Count == 1);

        time.Advance(TimeSpan.FromSeconds(11));

        await client.ExpectEndAsync();
    }

    [Fact]
    public async Task A_client_that_is_idle_too_long_is_closed()
    {
        await using var served = await ServedDisks.WithDiskAsync(
            new NbdServerLimits { Idle = TimeSpan.FromMinutes(1) }, time);
        using var client = await served.UseAsync();
        await client.ReadAsync(0, 512);

        time.Advance(TimeSpan.FromMinutes(2));

        await client.ExpectEndAsync();
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(28, 100)]
    [InlineData(28, 40_000)]
    [InlineData(28, 1 << 20)]
    public async Task A_client_with_an_incomplete_request_is_closed_and_its_pages_return(
        int headerBytes, int payloadBytes)
    {
        const int announced = 2 << 20;
        await using var served = await ServedDisks.WithDiskAsync(time: time);
        using var client = await served.UseAsync();
        var begun = new byte[RequestHeader.SizeBytes + payloadBytes];
        new RequestHeader(NbdCommand.Write, CommandFlags.None, 7, 0, announced).Write(begun);

        await client.SendAsync(begun.AsMemory(0, headerBytes + payloadBytes));

        await AssertAllClosedAsync(served);
        Assert.Equal(0, Assert.Single((await served.Server.GetStatusAsync().InTime()).Exports).PagesInUse);
    }

    [Fact]
    public async Task A_client_with_an_incomplete_refused_request_is_closed()
    {
        await using var served = await ServedDisks.WithDiskAsync(time: time);
        using var client = await served.UseAsync();
        var begun = new byte[RequestHeader.SizeBytes];
        new RequestHeader(NbdCommand.Write, CommandFlags.None, 7, ulong.MaxValue - 4095, 4096).Write(begun);

        await client.SendAsync(begun);

        await AssertAllClosedAsync(served);
    }

    [Fact]
    public async Task A_client_that_receives_nothing_for_too_long_is_closed()
    {
        await using var served = await ServedDisks.WithDiskAsync(time: time);
        using var client = await served.UseAsync();
        await client.WriteAsync(0, CommandTests.NewData(16 << 20));
        await client.RequestAsync(NbdCommand.Read, 0, 16 << 20);
        await client.ReceiveAsync(1);

        await AssertAllClosedAsync(served);
        Assert.Equal(0, Assert.Single((await served.Server.GetStatusAsync().InTime()).Exports).PagesInUse);
    }

    [Fact]
    public async Task A_client_that_receives_slowly_is_not_closed()
    {
        const int length = 16 << 20;
        const int taken = 512 << 10;
        await using var served = await ServedDisks.WithDiskAsync(
            new NbdServerLimits { Send = TimeSpan.FromSeconds(60), Idle = TimeSpan.FromSeconds(30) }, time);
        using var client = await served.UseAsync();
        var data = CommandTests.NewData(length);
        await client.WriteAsync(0, data);
        await client.RequestAsync(NbdCommand.Read, 0, length);
        await client.SimpleReplyAsync();

        var received = new List<byte>();
        for (var step = 0; step < 4; step++)
        {
            received.AddRange(await client.ReceiveAsync(taken));
            await PassAsync(served, TimeSpan.FromSeconds(40));
        }

        received.AddRange(await client.ReceiveAsync(length - received.Count));
        Assert.Equal(data, received);
    }

    [Fact]
    public async Task Connections_above_the_limit_are_refused()
    {
        await using var served = await ServedDisks.WithDiskAsync(new NbdServerLimits { Connections = 1 });
        using var first = await served.UseAsync();

        using var second = new System.Net.Sockets.Socket(
            System.Net.Sockets.AddressFamily.Unix,
            System.Net.Sockets.SocketType.Stream,
            System.Net.Sockets.ProtocolType.Unspecified);
        await second.ConnectAsync(new System.Net.Sockets.UnixDomainSocketEndPoint(served.SocketPath)).InTime();

        Assert.Equal(0, await second.ReceiveAsync(new byte[1]).InTime());
        Assert.Equal(new byte[512], await first.ReadAsync(0, 512));
    }

    [Fact]
    public async Task An_option_that_is_too_long_ends_the_connection()
    {
        await using var served = await ServedDisks.WithDiskAsync();
        using var client = await RawClient.ConnectAsync(served.SocketPath);
        var header = new byte[OptionHeader.SizeBytes];
        new OptionHeader(NbdOption.List, 1 << 20).Write(header);

        await client.SendAsync(header);

        await client.ExpectEndAsync();
    }

    [Fact]
    public async Task Unencrypted_bytes_after_starttls_end_the_connection()
    {
        using var home = new TemporaryDirectory();
        using var authority = new TestAuthority(home);
        await using var served = await ServedDisks.StartAsync(tls: authority.ServeAs(NbdTlsMode.Required));
        using var client = await RawClient.ConnectAsync(served.SocketPath);
        var bytes = new byte[2 * OptionHeader.SizeBytes];
        new OptionHeader(NbdOption.StartTls, 0).Write(bytes);
        new OptionHeader(NbdOption.List, 0).Write(bytes.AsSpan(OptionHeader.SizeBytes));

        await client.SendAsync(bytes);

        await client.ReceiveAsync(OptionReplyHeader.SizeBytes);
        await client.ExpectEndAsync();
    }

    [Fact]
    public async Task A_client_that_does_not_read_holds_its_share_and_others_continue()
    {
        await using var served = await ServedDisks.WithDiskAsync();
        using var lazy = await served.UseAsync();
        await lazy.WriteAsync(0, CommandTests.NewData(32 << 20));
        await lazy.RequestAsync(NbdCommand.Read, 0, 32 << 20, cookie: 1);
        await lazy.RequestAsync(NbdCommand.Read, 0, 32 << 20, cookie: 2);
        await lazy.ReceiveAsync(1);

        using var other = await served.UseAsync();
        var data = CommandTests.NewData(1 << 20);
        Assert.Equal(NbdError.None, await other.WriteAsync(40 << 20, data));
        Assert.Equal(data, await other.ReadAsync(40 << 20, 1 << 20));

        await served.StatusWhenAsync(status =>
            status.Exports[0].PagesInUse > 0 && status.Exports[0].PagesInUse <= status.Exports[0].Export.Pages / 2);
    }

    [Fact]
    public async Task Several_clients_that_do_not_read_leave_memory_for_others()
    {
        const int count = 24;
        await using var served = await ServedDisks.WithDiskAsync(time: time);
        var lazy = new List<RawClient>();
        for (var index = 0; index < count; index++)
        {
            lazy.Add(await served.UseAsync());
            await lazy[^1].RequestAsync(NbdCommand.Read, 0, 32 << 20);
            await lazy[^1].ReceiveAsync(1);
        }

        using var other = await served.UseAsync();
        var data = CommandTests.NewData(1 << 20);
        Assert.Equal(NbdError.None, await other.WriteAsync(40 << 20, data));
        Assert.Equal(data, await other.ReadAsync(40 << 20, 1 << 20));
        lazy.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task A_client_without_requests_holds_no_page()
    {
        const int count = 100;
        await using var served = await ServedDisks.WithDiskAsync();
        var clients = new List<RawClient>();
        for (var index = 0; index < count; index++)
        {
            clients.Add(await served.UseAsync());
        }

        await served.StatusWhenAsync(status =>
            status.Connections.Count(one => one.Export is not null) == count && status.Exports[0].PagesInUse == 0);
        clients.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task Errors_of_a_connection_are_warnings_up_to_a_limit_and_debug_messages_above_it()
    {
        await using var served = await ServedDisks.StartAsync(
            new NbdServerLimits { LoggedErrors = 2 }, logLevel: "DEBUG");
        await served.AddAsync("disk", ServedDisks.NewMemory());
        var log = new EventProbe(served.System, typeof(LogEvent));
        using var client = await served.UseAsync();

        for (var index = 0; index < 4; index++)
        {
            Assert.Equal(NbdError.Invalid, await client.DoAsync(NbdCommand.Read, ulong.MaxValue, 1));
        }

        var levels = new List<LogLevel>();
        while (levels.Count < 4)
        {
            var logged = (LogEvent)await log.NextAsync();
            if (logged.ToString().Contains(" failed with EINVAL", StringComparison.Ordinal))
            {
                levels.Add(logged.LogLevel());
            }
        }

        Assert.Equal(
            [LogLevel.WarningLevel, LogLevel.WarningLevel, LogLevel.DebugLevel, LogLevel.DebugLevel], levels);
    }

    [Fact]
    public async Task No_more_requests_than_allowed_are_in_flight()
    {
        await using var served = await ServedDisks.StartAsync(new NbdServerLimits { RequestsInFlight = 4 });
        var device = new HungDevice(ServedDisks.NewMemory());
        await served.AddAsync("disk", device);
        using var client = await served.UseAsync();
        for (ulong index = 0; index < 20; index++)
        {
            await client.RequestAsync(NbdCommand.Read, index << 20, 4096, index);
        }

        await device.WhenHungAsync(4).InTime();
        var status = await served.Server.GetStatusAsync().InTime();
        Assert.Equal(4, Assert.Single(status.Connections).InFlight);
        device.Release();

        for (var index = 0; index < 20; index++)
        {
            Assert.Equal(NbdError.None, (await client.SimpleReplyAsync()).Error);
            await client.ReceiveAsync(4096);
        }
    }

    [Fact]
    public async Task Requests_in_flight_of_a_disconnected_client_complete_and_their_pages_return()
    {
        await using var served = await ServedDisks.StartAsync();
        var device = new HungDevice(ServedDisks.NewMemory(), OperationFilter.On(IoOperation.Write));
        await served.AddAsync("disk", device);
        var data = CommandTests.NewData(4096);
        using (var client = await served.UseAsync())
        {
            await client.RequestAsync(NbdCommand.Write, 0, 4096, payload: data);
            await device.WhenHungAsync(1).InTime();
        }

        using var next = await served.UseAsync();
        device.Release();

        await served.StatusWhenAsync(status => status.Connections.Count == 1 && status.Exports[0].PagesInUse == 0);
        Assert.Equal(data, await next.ReadAsync(0, 4096));
    }

    [Fact]
    public async Task A_reply_never_reaches_a_later_connection()
    {
        await using var served = await ServedDisks.StartAsync();
        var device = new HungDevice(ServedDisks.NewMemory(), OperationFilter.On(IoOperation.Write));
        await served.AddAsync("disk", device);
        using (var client = await served.UseAsync())
        {
            await client.RequestAsync(NbdCommand.Write, 0, 512, cookie: 7, payload: new byte[512]);
            await device.WhenHungAsync(1).InTime();
        }

        using var next = await served.UseAsync();
        device.Release();
        await next.RequestAsync(NbdCommand.Read, 4096, 512, cookie: 8);

        Assert.Equal(8UL, (await next.SimpleReplyAsync()).Cookie);
    }

    [Fact]
    public async Task A_client_that_stops_sending_still_gets_its_replies()
    {
        await using var served = await ServedDisks.WithDiskAsync();
        using var client = await served.UseAsync();
        await client.RequestAsync(NbdCommand.Read, 0, 1 << 20);

        client.EndSending();

        Assert.Equal(NbdError.None, (await client.SimpleReplyAsync()).Error);
        await client.ReceiveAsync(1 << 20);
        await client.ExpectEndAsync();
    }

    [Fact]
    public async Task An_idle_connection_holds_no_page()
    {
        await using var served = await ServedDisks.WithDiskAsync();
        using var client = await served.UseAsync();
        await client.WriteAsync(0, CommandTests.NewData(1 << 20));
        await client.ReadAsync(0, 1 << 20);

        await served.StatusWhenAsync(status => status.Exports[0].PagesInUse == 0);
    }

    [Fact]
    public async Task More_connections_than_memory_are_all_served()
    {
        await using var served = await ServedDisks.StartAsync();
        await served.Service.AttachAsync("small", ServedDisks.NewMemory()).InTime();
        await served.Server.AddExportAsync(
            new NbdExport { Name = "disk", Device = "small", Pages = 4 * PageBlock.PagesEach }).InTime();
        var clients = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => served.UseAsync()));

        await Task.WhenAll(clients.Select(async (client, index) =>
        {
            var data = CommandTests.NewData((1 << 20) + (index * 512));
            for (var round = 0; round < 5; round++)
            {
                Assert.Equal(NbdError.None, await client.WriteAsync((ulong)index << 22, data));
                Assert.Equal(data, await client.ReadAsync((ulong)index << 22, data.Length));
            }
        }));

        Array.ForEach(clients, client => client.Dispose());
    }

    /// <summary>Advances the time and waits until the server has noticed it: it has closed a connection that exceeds
    /// the idle limit.</summary>
    private async Task PassAsync(ServedDisks served, TimeSpan by)
    {
        using var idle = await served.UseAsync();
        await idle.ReadAsync(0, 512);
        await served.StatusWhenAsync(status => status.Connections.Any(other => other is { Requests: 1, InFlight: 0 }));
        time.Advance(by);
        await idle.ExpectEndAsync();
    }

    /// <summary>Clients above a limit are closed, even if the server notices late.</summary>
    private async Task AssertAllClosedAsync(ServedDisks served) => await served.StatusWhenAsync(status =>
    {
        time.Advance(TimeSpan.FromMinutes(2));
        return status.Connections.Count == 0;
    });
}
