using Akka.Actor;
using Akka.Configuration;
using DmIo.Actors.Client;
using DmIo.Nbd.Server.Exports;
using Xunit;

namespace DmIo.Nbd.Tests.Server;

public sealed class ExportMemoryTests
{
    [Fact]
    public void Each_connection_gets_two_blocks_at_once_however_many_connections_there_are()
    {
        var memory = NewMemory(2);
        var shares = Enumerable.Range(0, 10).Select(_ => new MemoryShare(memory)).ToArray();

        Assert.All(shares, share => Assert.NotNull(share.TryTake()));
        Assert.All(shares, share => Assert.NotNull(share.TryTake()));

        Assert.All(shares, share => Assert.Null(share.TryTake()));
        Assert.Equal((2, 18), (memory.BlocksInUse, memory.ExtraBlocks));
    }

    [Fact]
    public void Blocks_outside_of_the_lease_are_freed_when_they_are_not_needed()
    {
        var memory = NewMemory(8);
        var shares = Enumerable.Range(0, 10).Select(_ => new MemoryShare(memory)).ToArray();
        var blocks = shares.SelectMany(share => new[] { share.TryTake()!, share.TryTake()! }).ToArray();
        Assert.Equal(12, memory.ExtraBlocks);

        Array.ForEach(blocks, block => block.Release());

        Assert.InRange(memory.ExtraBlocks, 0, 3);
        Assert.Equal(0, memory.BlocksInUse);
    }

    [Fact]
    public void No_share_holds_more_than_remains_for_others()
    {
        var memory = NewMemory(16);
        var share = new MemoryShare(memory);

        var taken = 0;
        while (share.TryTake() is not null)
        {
            taken++;
        }

        Assert.Equal(8, taken);
        Assert.NotNull(new MemoryShare(memory).TryTake());
    }

    [Fact]
    public async Task Connections_that_wait_for_more_than_two_blocks_get_them_in_order()
    {
        var memory = NewMemory(8);
        var shares = Enumerable.Range(0, 3).Select(_ => new MemoryShare(memory)).ToArray();
        var blocks = shares.Select(share => new[] { share.TryTake()!, share.TryTake()! }).ToArray();
        var (first, second) = (shares[1].TakeAsync().AsTask(), shares[2].TakeAsync().AsTask());
        Assert.False(first.IsCompleted || second.IsCompleted);

        blocks[0][0].Release();

        Assert.NotNull(await first.InTime());
        Assert.False(second.IsCompleted);
        blocks[0][1].Release();
        Assert.NotNull(await second.InTime());
    }

    [Fact]
    public void A_share_that_waits_for_more_than_its_part_does_not_block_others()
    {
        var memory = NewMemory(16);
        var hog = new MemoryShare(memory);
        while (hog.TryTake() is not null)
        {
        }

        Assert.False(hog.TakeAsync().AsTask().IsCompleted);

        Assert.NotNull(new MemoryShare(memory).TryTake());
    }

    [Fact]
    public async Task A_closed_share_neither_waits_nor_gets_blocks()
    {
        var memory = NewMemory(2);
        var waiter = new MemoryShare(memory);
        var block = waiter.TryTake();
        waiter.TryTake();
        var waits = waiter.TakeAsync().AsTask();
        Assert.False(waits.IsCompleted);

        waiter.Close();
        block!.Release();

        Assert.Null(await waits.InTime());
        Assert.Null(await waiter.TakeAsync());
    }

    [Fact]
    public void A_block_returns_with_its_last_release()
    {
        var memory = NewMemory(2);
        var block = new MemoryShare(memory).TryTake()!;
        block.Retain();

        block.Release();
        Assert.Equal(1, memory.BlocksInUse);
        block.Release();

        Assert.Equal(0, memory.BlocksInUse);
    }

    [Fact]
    public void The_longest_paused_share_returns_its_blocks_above_a_quarter()
    {
        var memory = NewMemory(16);
        var shares = Enumerable.Range(0, 3).Select(_ => new MemoryShare(memory)).ToArray();
        var gaveBack = new List<int>();

        void Pause(int index, int blocks)
        {
            var held = Enumerable.Range(0, blocks).Select(_ => shares[index].TryTake()!).ToArray();
            shares[index].BeginPause(blocks, () =>
            {
                gaveBack.Add(index);
                Array.ForEach(held, block => block.Release());
            });
        }

        Pause(0, 2);
        Pause(1, 2);
        Assert.Empty(gaveBack);
        Pause(2, 1);

        Assert.Equal([0], gaveBack);
        Assert.Equal(3, memory.BlocksInUse);
    }

    [Fact]
    public void A_share_whose_pause_has_ended_keeps_its_blocks()
    {
        var memory = NewMemory(16);
        var (first, second) = (new MemoryShare(memory), new MemoryShare(memory));
        first.BeginPause(4, () => Assert.Fail("The share is no longer paused."));

        first.EndPause();
        second.BeginPause(4, () => Assert.Fail("The share holds only a quarter."));
        first.Reclaim();

        second.EndPause();
        Assert.Equal(0, memory.BlocksInUse);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_connection_with_fewer_than_two_blocks_never_waits(int seed)
    {
        var random = new Random(seed);
        var memory = NewMemory(12);
        var shares = Enumerable.Range(0, 8).Select(_ => new MemoryShare(memory)).ToArray();
        var held = shares.Select(_ => new List<PageBlock>()).ToArray();
        for (var step = 0; step < 10_000; step++)
        {
            var index = random.Next(shares.Length);
            if (held[index].Count > 0 && random.Next(2) == 0)
            {
                held[index][^1].Release();
                held[index].RemoveAt(held[index].Count - 1);
                continue;
            }

            var block = shares[index].TryTake();
            Assert.False(block is null && held[index].Count < 2, $"seed {seed}, step {step}");
            if (block is not null)
            {
                held[index].Add(block);
            }
        }
    }

    [Fact]
    public async Task Contiguous_pages_are_used_in_place()
    {
        await using var service = new OwnService("dmio.pool.slab-pages = 64");
        using var client = await DmIoService.For(service.System).OpenAsync(64).InTime();

        var memory = ExportMemory.Of(client.Lease.Pages);

        Assert.Equal(4, memory.BlockCount);
        new MemoryShare(memory).TryTake()!.Memory.Span[0] = 77;
        Assert.Contains(client.Lease.Pages, page => page.Memory.Span[0] == 77);
    }

    [Fact]
    public async Task Pages_that_are_not_contiguous_are_replaced()
    {
        await using var service = new OwnService("dmio.pool.slab-pages = 1");
        using var client = await DmIoService.For(service.System).OpenAsync(64).InTime();

        Assert.Equal(4, ExportMemory.Of(client.Lease.Pages).BlockCount);
    }

    private static ExportMemory NewMemory(int blocks) =>
        new([.. Enumerable.Range(0, blocks).Select(_ => new PageBlock(new byte[PageBlock.SizeBytes]))]);

    private sealed class OwnService(string hocon) : IAsyncDisposable
    {
        internal ActorSystem System { get; } =
            ActorSystem.Create("test", ConfigurationFactory.ParseString("akka.loglevel = OFF\n" + hocon));

        public async ValueTask DisposeAsync() => await System.Terminate().InTime();
    }
}
