using DmIo.Nbd.Protocol;
using DmIo.Nbd.Server;
using Xunit;

namespace DmIo.Nbd.Tests.Server;

/// <summary>Clients that pause in the middle of a request do not block others, and can continue. The clock stands
/// still, so no limit ends a pause.</summary>
public sealed class PausedClientTests
{
    private const int Many = 140;
    private const int ManyPages = 4096;
    private const int MinPages = 64;

    [Theory]
    [InlineData(ManyPages)]
    [InlineData(MinPages)]
    public async Task The_beginning_of_a_header_holds_no_memory(int pages)
    {
        await using var served = await StartAsync(pages);
        var requests = Enumerable.Range(0, Many).Select(index => Request(index, 512)).ToArray();
        var clients = await PausedAsync(served, requests, _ => 20);

        await AssertOthersServedAsync(served);

        await served.StatusWhenAsync(status => status.Exports[0].PagesInUse == 0);
        await SendRestAsync(served, clients, requests, _ => 20);
    }

    [Fact]
    public async Task The_header_of_a_large_write_holds_no_memory()
    {
        await using var served = await StartAsync(ManyPages);
        var requests = Enumerable.Range(0, Many).Select(index => Request(index, 300_000)).ToArray();
        var clients = await PausedAsync(served, requests, _ => RequestHeader.SizeBytes);

        await AssertOthersServedAsync(served);

        await served.StatusWhenAsync(status => status.Exports[0].PagesInUse == 0);
        await SendRestAsync(served, clients, requests, _ => RequestHeader.SizeBytes);
    }

    [Theory]
    [InlineData(4096, 2048, ManyPages)]
    [InlineData(4096, 2048, MinPages)]
    [InlineData(30_000, 1, ManyPages)]
    [InlineData(30_000, 29_999, MinPages)]
    [InlineData(300_000, 1, MinPages)]
    [InlineData(300_000, 150_001, ManyPages)]
    [InlineData(300_000, 150_001, MinPages)]
    [InlineData(300_000, 299_999, ManyPages)]
    public async Task Half_a_write_holds_no_memory_that_others_need(int length, int half, int pages)
    {
        await using var served = await StartAsync(pages);
        var requests = Enumerable.Range(0, Many).Select(index => Request(index, length)).ToArray();
        var clients = await PausedAsync(served, requests, _ => RequestHeader.SizeBytes + half);

        await AssertOthersServedAsync(served);

        await served.StatusWhenAsync(status => status.Exports[0].PagesInUse <= pages / 4);
        await SendRestAsync(served, clients, requests, _ => RequestHeader.SizeBytes + half);
    }

    [Fact]
    public async Task Half_a_refused_write_holds_no_memory()
    {
        await using var served = await StartAsync(MinPages);
        var requests = Enumerable.Range(0, Many).Select(index => Request(index, 100_000, past: true)).ToArray();
        var clients = await PausedAsync(served, requests, _ => 50_000);

        await AssertOthersServedAsync(served);

        await served.StatusWhenAsync(status => status.Exports[0].PagesInUse == 0);
        foreach (var (client, request) in clients.Zip(requests))
        {
            await client.SendAsync(request.AsMemory(50_000));
            Assert.Equal(NbdError.NoSpace, (await client.SimpleReplyAsync()).Error);
            client.Dispose();
        }
    }

    [Theory]
    [InlineData(ManyPages)]
    [InlineData(MinPages)]
    public async Task Clients_that_read_no_replies_do_not_stop_others(int pages)
    {
        await using var served = await StartAsync(pages);
        var clients = new List<RawClient>();
        for (var index = 0; index < 60; index++)
        {
            var client = await served.UseAsync();
            clients.Add(client);
            for (var read = 0; read < 16; read++)
            {
                await client.RequestAsync(NbdCommand.Read, (ulong)(read << 20), 1 << 20);
            }
        }

        await AssertOthersServedAsync(served);

        clients.ForEach(client => client.Dispose());
        await served.StatusWhenAsync(status => status.Exports[0].PagesInUse == 0);
    }

    [Fact]
    public async Task Paused_requests_hold_no_memory_with_TLS()
    {
        using var home = new TemporaryDirectory();
        using var authority = new TestAuthority(home);
        await using var served = await ServedDisks.StartAsync(
            time: new ManualTime(), tls: authority.ServeAs(NbdTlsMode.Offered));
        await served.AddAsync(
            new NbdExport { Name = "disk", Device = "disk", Pages = MinPages }, ServedDisks.NewMemory());
        var requests = Enumerable.Range(0, 30).Select(index => Request(index, 300_000)).ToArray();
        int Sent(int index) => index % 2 == 0 ? 20 : RequestHeader.SizeBytes + (index * 7777);
        var clients = new List<RawClient>();
        foreach (var (request, index) in requests.Select((request, index) => (request, index)))
        {
            var client = await RawClient.UseAsync(served.SocketPath, "disk", tls: authority.ClientOptions());
            clients.Add(client);
            await client.SendAsync(request.AsMemory(0, Sent(index)));
            await client.AllReceivedAsync();
        }

        await AssertOthersServedAsync(served);

        await SendRestAsync(served, clients, requests, Sent);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Writes_in_fragments_of_any_size_arrive_completely(int seed)
    {
        await using var served = await StartAsync(MinPages);
        var requests = Enumerable.Range(0, 40)
            .Select(index => Request(index, new Random(seed + index).Next(1, 400_000))).ToArray();
        var clients = await Task.WhenAll(requests.Select(_ => served.UseAsync()));

        await Task.WhenAll(clients.Select((client, index) => Task.Run(async () =>
        {
            var random = new Random(seed * 1000 + index);
            var rest = requests[index].AsMemory();
            while (rest.Length > 0)
            {
                var part = Math.Min(rest.Length, random.Next(3) == 0 ? random.Next(1, 600) : random.Next(1, 100_000));
                await client.SendAsync(rest[..part]);
                await client.AllReceivedAsync();
                rest = rest[part..];
            }
        })));

        await SendRestAsync(served, clients, requests, index => requests[index].Length);
    }

    private static async Task<ServedDisks> StartAsync(int pages)
    {
        var served = await ServedDisks.StartAsync(time: new ManualTime());
        await served.AddAsync(
            new NbdExport { Name = "disk", Device = "disk", Pages = pages }, ServedDisks.NewMemory());
        return served;
    }

    /// <summary>A write to the client's own range, which begins and ends at any byte.</summary>
    private static byte[] Request(int index, int length, bool past = false)
    {
        var bytes = new byte[RequestHeader.SizeBytes + length];
        new Random(index).NextBytes(bytes);
        new RequestHeader(
            NbdCommand.Write, CommandFlags.None, 7, past ? (ulong)ServedDisks.SizeBytes : OffsetOf(index), (uint)length)
            .Write(bytes);
        return bytes;
    }

    private static ulong OffsetOf(int index) => (ulong)((index * 402_000) + (index * 37));

    private static async Task<IReadOnlyList<RawClient>> PausedAsync(
        ServedDisks served, byte[][] requests, Func<int, int> sent)
    {
        var clients = new List<RawClient>();
        for (var index = 0; index < requests.Length; index++)
        {
            var client = await served.UseAsync();
            clients.Add(client);
            await client.SendAsync(requests[index].AsMemory(0, sent(index)));
            await client.AllReceivedAsync();
        }

        return clients;
    }

    /// <summary>A client that does not pause writes and reads.</summary>
    private static async Task AssertOthersServedAsync(ServedDisks served)
    {
        const ulong Behind = 60 << 20;
        using var client = await served.UseAsync();
        var data = CommandTests.NewData(3 << 20);
        Assert.Equal(NbdError.None, await client.WriteAsync(Behind, data));
        Assert.Equal(data, await client.ReadAsync(Behind, data.Length));
    }

    /// <summary>The paused clients send the rest, and their data is stored.</summary>
    private static async Task SendRestAsync(
        ServedDisks served, IReadOnlyList<RawClient> clients, byte[][] requests, Func<int, int> sent)
    {
        using var reader = await served.UseAsync();
        for (var index = 0; index < clients.Count; index++)
        {
            await clients[index].SendAsync(requests[index].AsMemory(sent(index)));
            Assert.Equal(NbdError.None, (await clients[index].SimpleReplyAsync()).Error);
            var data = requests[index][RequestHeader.SizeBytes..];
            Assert.Equal(data, await reader.ReadAsync(OffsetOf(index), data.Length));
            clients[index].Dispose();
        }
    }
}
