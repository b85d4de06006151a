using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Nbd.Protocol;
using DmIo.Nbd.Server;
using Xunit;

namespace DmIo.Nbd.Tests.Server;

/// <summary>Clients without structured replies: their reads are contiguous in the stream, and complete with any amount
/// of memory.</summary>
public sealed class SimpleReplyTests
{
    private const int MinPages = 64;
    private const int ManyPages = 4096;
    private const int SizeBytes = ServedDisks.SizeBytes;
    private const int ManyReads = 100;
    private const long MiB = 1 << 20;

    private static readonly long[] Lengths =
    [
        (64 << 10) - 512, 64 << 10, (64 << 10) + 1, (64 << 10) + 512,
        (256 << 10) - 512, 256 << 10, (256 << 10) + 1, (256 << 10) + 512,
        8 * MiB, (32 * MiB) - 512, 32 * MiB, 4096,
    ];

    private static readonly byte[] Content = PipelinedClient.NewContent(SizeBytes);

    private static readonly OperationFilter SecondMiB = OperationFilter.On(IoOperation.Read) with
    {
        Start = MiB / Sector.SizeBytes,
        Count = MiB / Sector.SizeBytes,
    };

    public static TheoryData<DiskMode, int> ModesAndPages()
    {
        var rows = new TheoryData<DiskMode, int>();
        foreach (var mode in DiskModes.Supported)
        {
            rows.Add(mode, MinPages);
            rows.Add(mode, ManyPages);
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(ModesAndPages))]
    public async Task Reads_return_every_byte_in_its_place(DiskMode mode, int pages)
    {
        await using var served = await ServedDisks.StartAsync();
        await served.AddAsync(
            new NbdExport { Name = "disk", Device = "disk", Pages = pages },
            DiskModes.Open(mode, served.Home, "disk", SizeBytes / Sector.SizeBytes));
        await FillAsync(served);
        using var client = await PipelinedClient.UseAsync(served.SocketPath, "disk", Content);

        await client.ExchangeAsync(() => SendMixAsync(client), Lengths.Length * 6);
    }

    [Theory]
    [InlineData(MinPages, 1)]
    [InlineData(MinPages, 8)]
    [InlineData(2 * MinPages, 8)]
    [InlineData(ManyPages, 3)]
    public async Task Many_reads_of_many_connections_are_all_answered(int pages, int connections)
    {
        await using var served = await WithContentAsync(new MemoryDevice(ByteSize.FromBytes(SizeBytes)), pages);

        await Task.WhenAll(Enumerable.Range(0, connections).Select(index => Task.Run(async () =>
        {
            using var client = await PipelinedClient.UseAsync(served.SocketPath, "disk", Content);
            await client.ExchangeAsync(() => ReadManyAsync(client, new Random(index)), ManyReads);
        })));

        await served.AssertNothingHeldAsync();
    }

    [Fact]
    public async Task A_client_that_reads_no_replies_does_not_block_others_with_the_least_memory()
    {
        await using var served = await WithContentAsync(new MemoryDevice(ByteSize.FromBytes(SizeBytes)), MinPages);
        using var lazy = await served.UseAsync();
        await lazy.RequestAsync(NbdCommand.Read, 0, 32 << 20, cookie: 1);
        await lazy.RequestAsync(NbdCommand.Read, 0, 300_000, cookie: 2);
        await lazy.ReceiveAsync(1);

        using var client = await PipelinedClient.UseAsync(served.SocketPath, "disk", Content);
        await client.ReadAsync(1, 8 * MiB);
        await client.ReadAsync(1, 300_000);

        await client.ReceiveAsync(2);
    }

    [Fact]
    public async Task Small_requests_pass_an_incomplete_read()
    {
        var device = new HungDevice(new MemoryDevice(ByteSize.FromBytes(SizeBytes)), SecondMiB);
        await using var served = await WithContentAsync(device);
        using var client = await PipelinedClient.UseAsync(served.SocketPath, "disk", Content);

        await client.ReadAsync(0, 4 * MiB);
        await device.WhenHungAsync(1).InTime();
        await client.ReadAsync(8 * MiB, 4096);
        await client.SendAsync(NbdCommand.Flush, 0, 0);
        await client.ReadAsync(SizeBytes, 512);
        await client.ReceiveAsync(3);
        device.Release();

        Assert.Equal(4u << 20, (await client.ReceiveAsync()).LengthBytes);
    }

    [Fact]
    public async Task A_read_that_fails_in_the_middle_gets_its_error_and_the_connection_continues()
    {
        var device = new FaultyDevice(
            new MemoryDevice(ByteSize.FromBytes(SizeBytes)), seed: 1, new FaultRule { Filter = SecondMiB });
        await using var served = await WithContentAsync(device);
        using var client = await served.UseAsync();

        Assert.Equal(NbdError.InputOutput, await client.DoAsync(NbdCommand.Read, 0, 4 << 20));
        Assert.Equal(Content[..4096], await client.ReadAsync(0, 4096));
        await served.StatusWhenAsync(status => status.Exports[0].PagesInUse == 0);
    }

    [Fact]
    public async Task A_streamed_read_that_fails_after_its_header_ends_the_connection()
    {
        var device = new FaultyDevice(
            new MemoryDevice(ByteSize.FromBytes(SizeBytes)), seed: 1, new FaultRule { Filter = SecondMiB });
        await using var served = await WithContentAsync(device, MinPages);
        using var client = await PipelinedClient.UseAsync(served.SocketPath, "disk", Content);
        await client.ReadAsync(8 * MiB, 4096);

        await client.ReadAsync(0, 4 * MiB);
        await client.ReceiveAsync();

        await client.ExpectEndAsync();
        await served.AssertNothingHeldAsync();
    }

    [Theory]
    [InlineData(MinPages)]
    [InlineData(ManyPages)]
    public async Task A_client_that_disconnects_during_a_read_leaves_no_memory_in_use(int pages)
    {
        var device = new HungDevice(new MemoryDevice(ByteSize.FromBytes(SizeBytes)), SecondMiB);
        await using var served = await WithContentAsync(device, pages);
        using (var client = await served.UseAsync())
        {
            await client.RequestAsync(NbdCommand.Read, (ulong)MiB - 65536, 32 << 20);
            await client.RequestAsync(NbdCommand.Read, 0, 1 << 20);
            await device.WhenHungAsync(1).InTime();
        }

        device.Release();

        await served.AssertNothingHeldAsync();
    }

    [Fact]
    public async Task A_read_that_waits_for_memory_returns_its_memory_when_its_connection_is_aborted()
    {
        var time = new ManualTime();
        await using var served = await ServedDisks.WithDiskAsync(time: time);
        using var client = await served.UseAsync();
        await client.RequestAsync(NbdCommand.Read, 0, 4 << 20, cookie: 1);
        await client.RequestAsync(NbdCommand.Read, 8 << 20, 32 << 20, cookie: 2);
        await served.StatusWhenAsync(status => status.Exports[0].PagesInUse > 7 * 256);

        await served.StatusWhenAsync(status =>
        {
            time.Advance(TimeSpan.FromMinutes(2));
            return status.Connections.Count == 0;
        });

        await served.AssertNothingHeldAsync();
    }

    private static async Task<ServedDisks> WithContentAsync(IBlockDevice device, int pages = ManyPages)
    {
        var served = await ServedDisks.StartAsync();
        await served.AddAsync(new NbdExport { Name = "disk", Device = "disk", Pages = pages }, device);
        await FillAsync(served);
        return served;
    }

    private static async Task SendMixAsync(PipelinedClient client)
    {
        var random = new Random(1);
        foreach (var length in Lengths)
        {
            await client.ReadAsync(random.NextInt64(SizeBytes - length), length);
            await client.ReadAsync(SizeBytes - 512, 4096);
            await client.ReadAsync(random.NextInt64(SizeBytes - 512), 512);
            await client.SendAsync(NbdCommand.Flush, 0, 0);
            await client.SendAsync(NbdCommand.Write, 4096, 4096, Content[4096..8192]);
            await client.SendAsync(NbdCommand.Write, MiB, (uint)MiB, Content[(int)MiB..(2 * (int)MiB)]);
        }
    }

    private static async Task ReadManyAsync(PipelinedClient client, Random random)
    {
        for (var count = 0; count < ManyReads; count++)
        {
            var length = random.Next(4) == 0 ? random.NextInt64(1, 4 * MiB) : random.NextInt64(1, 300_000);
            var isPastTheEnd = random.Next(4) == 0;
            await client.ReadAsync(isPastTheEnd ? SizeBytes - 1 : random.NextInt64(SizeBytes - length), length + 1);
        }
    }

    private static async Task FillAsync(ServedDisks served)
    {
        using var client = await served.UseAsync();
        for (var at = 0; at < SizeBytes; at += (int)MiB)
        {
            Assert.Equal(NbdError.None, await client.WriteAsync((ulong)at, Content[at..(at + (int)MiB)]));
        }
    }
}
