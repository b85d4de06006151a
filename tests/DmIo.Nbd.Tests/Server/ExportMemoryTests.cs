using Akka.Actor;
using Akka.Configuration;
using DmIo.Actors.Client;
using DmIo.Nbd.Server.Exports;
using DmIo.Nbd.Tests.Peers;
using Xunit;

namespace DmIo.Nbd.Tests.Server;

public sealed class ExportMemoryTests
{
    [Fact]
    public void A_first_block_is_granted_only_if_a_second_is_available()
    {
        var memory = NewMemory(3);
        var (one, other) = (new MemoryShare(memory), new MemoryShare(memory));

        Assert.NotNull(one.TryTake());
        Assert.Null(other.TryTake());
        Assert.NotNull(one.TryTake());
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
    public async Task Waiting_shares_get_returned_blocks_in_order()
    {
        var memory = NewMemory(2);
        var (holder, first, second) = (new MemoryShare(memory), new MemoryShare(memory), new MemoryShare(memory));
        var blocks = new[] { holder.TryTake()!, holder.TryTake()! };
        var (waitsFirst, waitsSecond) = (first.TakeAsync().AsTask(), second.TakeAsync().AsTask());

        blocks[0].Release();
        Assert.False(waitsFirst.IsCompleted);
        blocks[1].Release();

        Assert.NotNull(await waitsFirst.InTime());
        Assert.False(waitsSecond.IsCompleted);
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
        var (holder, waiter) = (new MemoryShare(memory), new MemoryShare(memory));
        var block = holder.TryTake();
        var waits = waiter.TakeAsync().AsTask();

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
        first.BeginPause(4, () => Assert.Fail("It is paused no more."));

        first.EndPause();
        second.BeginPause(4, () => Assert.Fail("It has a quarter, and no more."));
        first.Reclaim();

        second.EndPause();
        Assert.Equal(0, memory.BlocksInUse);
    }

    /// <summary>The guarantee that prevents deadlocks between connections.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_share_with_one_block_can_always_get_another(int seed)
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
            Assert.False(block is null && held[index].Count == 1, $"seed {seed}, step {step}");
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
