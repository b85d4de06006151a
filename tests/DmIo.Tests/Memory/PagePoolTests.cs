using DmIo.Memory;
using Xunit;

namespace DmIo.Tests.Memory;

/// <summary>
/// R16 and R18 in the pool: all or nothing, growth up to a limit, and balanced counts at every step.
/// </summary>
public sealed class PagePoolTests
{
    [Fact]
    public void R16_the_pool_grows_by_whole_slabs_when_it_must()
    {
        using var pool = new PagePool(maxPages: 100, slabPages: 8);

        Lease(pool, 9);
        Assert.Equal((16, 7), (pool.TotalPages, pool.FreePages));

        Lease(pool, 7);
        Assert.Equal((16, 0), (pool.TotalPages, pool.FreePages));
    }

    [Fact]
    public void R16_the_last_slab_is_shortened_to_the_limit()
    {
        using var pool = new PagePool(maxPages: 10, slabPages: 8);

        Lease(pool, 10);

        Assert.Equal((10, 0, 10), (pool.TotalPages, pool.FreePages, pool.LeasedPages));
    }

    [Fact]
    public void R16_a_lease_beyond_what_is_available_is_not_granted_and_changes_nothing()
    {
        using var pool = new PagePool(maxPages: 10, slabPages: 4);
        Lease(pool, 3);

        Assert.False(pool.TryLease(8, out var lease));

        Assert.Null(lease);
        Assert.Equal((4, 1, 3, 7), (pool.TotalPages, pool.FreePages, pool.LeasedPages, pool.AvailablePages));
    }

    [Fact]
    public void R16_without_memory_of_the_system_nothing_is_granted_and_nothing_changes()
    {
        var slabsLeft = 2;
        var allocated = new List<PageSlab>();
        using var pool = new PagePool(100, 4, size =>
        {
            if (slabsLeft-- > 0)
            {
                allocated.Add(PageSlab.TryAllocate(size)!);
                return allocated[^1];
            }

            return null;
        });

        Assert.False(pool.TryLease(12, out _));

        Assert.Equal((0, 0, 0, 100), (pool.TotalPages, pool.FreePages, pool.LeasedPages, pool.AvailablePages));
        Assert.Equal(2, allocated.Count);
        Assert.All(allocated, slab => Assert.Throws<ObjectDisposedException>(() => slab.Pages[0].Memory.Span.Length));
        slabsLeft = 3;
        Assert.True(pool.TryLease(12, out _));
    }

    [Fact]
    public void R18_draining_pages_are_neither_free_nor_available_until_they_are_returned()
    {
        using var pool = new PagePool(maxPages: 4, slabPages: 4);
        var lease = Lease(pool, 4);

        pool.BeginDrain(lease);
        Assert.Equal((0, 0, 4, 0), (pool.FreePages, pool.LeasedPages, pool.DrainingPages, pool.AvailablePages));
        Assert.False(pool.TryLease(1, out _));

        pool.Return(lease);
        Assert.Equal((4, 0, 0, 4), (pool.FreePages, pool.LeasedPages, pool.DrainingPages, pool.AvailablePages));
    }

    [Fact]
    public void R18_quarantined_pages_and_those_lent_in_their_place_are_counted_once()
    {
        using var pool = new PagePool(maxPages: 10, slabPages: 4);
        var lease = Lease(pool, 6);

        pool.Quarantine(lease, 5);
        Assert.Equal((1, 5, 4), (pool.LeasedPages, pool.QuarantinedPages, pool.AvailablePages));
        Assert.Equal(4, pool.Lend(lease, 5));
        Assert.Equal((5, 5, 0, 10), (pool.LeasedPages, pool.QuarantinedPages, pool.AvailablePages, pool.TotalPages));

        pool.Quarantine(lease, 2);
        pool.TakeBack(lease, 2);
        Assert.Equal((6, 2, 2), (pool.LeasedPages, pool.QuarantinedPages, pool.FreePages));

        pool.BeginDrain(lease);
        Assert.Equal((0, 0, 8), (pool.LeasedPages, pool.QuarantinedPages, pool.DrainingPages));
        pool.Quarantine(lease, 1);
        Assert.Equal((0, 8), (pool.QuarantinedPages, pool.DrainingPages));
        pool.Return(lease);
        Assert.Equal((0, 10), (pool.DrainingPages, pool.FreePages));
    }

    [Fact]
    public void R18_returns_are_bounded_by_the_loan_and_by_the_quarantine()
    {
        using var pool = new PagePool(maxPages: 10, slabPages: 4);
        var lease = Lease(pool, 2);
        pool.Lend(lease, 1);

        Assert.Throws<InvariantViolationException>(() => pool.TakeBack(lease, 2));
        Assert.Throws<InvariantViolationException>(() => pool.Quarantine(lease, 4));
        Assert.Throws<InvariantViolationException>(() => pool.Quarantine(lease, -1));

        pool.Return(lease);
        Assert.Throws<InvariantViolationException>(() => pool.Lend(lease, 1));
        Assert.Equal((0, 0), (pool.LeasedPages, pool.QuarantinedPages));
    }

    [Fact]
    public void Pages_are_aligned_disjoint_and_4096_bytes_long()
    {
        using var pool = new PagePool(maxPages: 50, slabPages: 7);

        var pages = Lease(pool, 20).Pages.Concat(Lease(pool, 30).Pages).ToList();

        var addresses = pages.Select(page => Bytes.AddressOf(page.Memory)).Order().ToList();
        Assert.All(pages, page => Assert.Equal(Page.SizeBytes, page.Memory.Length));
        Assert.All(addresses, address => Assert.Equal(0, address % Page.SizeBytes));
        Assert.All(addresses.Zip(addresses.Skip(1)), pair => Assert.True(pair.Second - pair.First >= Page.SizeBytes));
    }

    [Fact]
    public void Pages_do_not_move_when_the_garbage_collector_compacts()
    {
        using var pool = new PagePool(maxPages: 8, slabPages: 4);
        var pages = Lease(pool, 8).Pages;
        var before = pages.Select(page => Bytes.AddressOf(page.Memory)).ToList();

        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);

        Assert.Equal(before, pages.Select(page => Bytes.AddressOf(page.Memory)));
    }

    [Fact]
    public void R8_a_leased_page_has_no_data_of_its_previous_owner()
    {
        using var pool = new PagePool(maxPages: 8, slabPages: 8);
        var first = Lease(pool, 8);
        Assert.All(first.Pages, page => page.Memory.Span.Fill(0xEE));
        pool.Return(first);

        var second = Lease(pool, 8);

        Assert.All(second.Pages, page => Assert.Equal(-1, page.Memory.Span.IndexOfAnyExcept((byte)0)));
    }

    [Fact]
    public void R17_lease_ids_are_unique_across_pools_and_time()
    {
        using var pool = new PagePool(maxPages: 8, slabPages: 8);
        using var otherPool = new PagePool(maxPages: 8, slabPages: 8);
        var first = Lease(pool, 1);
        pool.Return(first);

        LeaseId[] ids = [first.Id, Lease(otherPool, 1).Id, Lease(pool, 1).Id];

        Assert.Equal(ids, ids.Distinct());
    }

    [Fact]
    public void A_lease_prints_its_number()
    {
        Assert.Equal("lease-2", new LeaseId(2).ToString());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_lease_of_no_pages_is_refused(int pages)
    {
        using var pool = new PagePool(maxPages: 8, slabPages: 8);

        Assert.Throws<ArgumentOutOfRangeException>(() => pool.TryLease(pages, out _));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    [InlineData(1, PageSlab.MaxPages + 1)]
    public void A_pool_without_pages_or_with_too_large_slabs_is_refused(int maxPages, int slabPages)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new PagePool(maxPages, slabPages));
    }

    [Fact]
    public void Disposal_frees_the_memory_if_nothing_is_leased()
    {
        var pool = new PagePool(maxPages: 8, slabPages: 8);
        var lease = Lease(pool, 1);
        pool.Return(lease);

        pool.Dispose();

        Assert.Equal(0, pool.TotalPages);
        Assert.Throws<ObjectDisposedException>(() => lease.Pages[0].Memory.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => pool.TryLease(1, out _));
    }

    [Fact]
    public void After_the_disposal_the_last_return_frees_leased_and_draining_pages()
    {
        var pool = new PagePool(maxPages: 8, slabPages: 8);
        var leased = Lease(pool, 1);
        var draining = Lease(pool, 1);
        pool.BeginDrain(draining);

        pool.Dispose();
        draining.Pages[0].Memory.Span.Fill(1);
        pool.Return(leased);
        draining.Pages[0].Memory.Span.Fill(2);
        pool.Return(draining);

        Assert.Equal((0, 0, 0, 0), (pool.TotalPages, pool.FreePages, pool.LeasedPages, pool.DrainingPages));
        Assert.Throws<ObjectDisposedException>(() => draining.Pages[0].Memory.Span.Length);
    }

    private static PageLease Lease(PagePool pool, int pages)
    {
        Assert.True(pool.TryLease(pages, out var lease));
        Assert.Equal(pages, lease.Count);
        Assert.Equal(pages, lease.Pages.Count);
        return lease;
    }
}
