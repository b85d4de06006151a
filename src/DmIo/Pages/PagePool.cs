using System.Diagnostics.CodeAnalysis;

namespace DmIo.Pages;

/// <summary>
/// Grants pages, all that were asked for or none, and takes them back. Grows by slabs up to a limit; never shrinks. A
/// plain class with a single owner: no locks. Invariant, checked at every step: free + leased + draining == total. A
/// page is zeroed when it is leased, so no owner sees another's data, and the system has given the memory for certain
/// before the owner relies on it: 0.1 us a page in cache, 0.3 us out of it, 4 us when the system first gives it.
/// </summary>
internal sealed class PagePool : IDisposable
{
    private readonly int slabPages;
    private readonly Func<int, PageSlab?> allocateSlab;
    private readonly bool isChecked;
    private readonly List<PageSlab> slabs = [];

    // Last in, first out: what was used last is likely still in the processor's cache.
    private readonly Stack<Page> free = new();
    private bool disposed;

    /// <summary>An empty pool; memory is taken with the first lease.</summary>
    /// <param name="maxPages">The most pages it ever has.</param>
    /// <param name="slabPages">By how many it grows; by fewer only where the limit leaves no room.</param>
    /// <param name="allocateSlab">Where slabs come from; null where there is no memory. For tests.</param>
    /// <param name="isChecked">Find who touches pages that are not his (<see cref="PageCheck"/>).</param>
    public PagePool(
        int maxPages, int slabPages, Func<int, PageSlab?>? allocateSlab = null, bool isChecked = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxPages);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(slabPages);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(slabPages, PageSlab.MaxPages);
        MaxPages = maxPages;
        this.slabPages = slabPages;
        this.allocateSlab = allocateSlab ?? (isChecked ? PageSlab.TryAllocateGuarded : PageSlab.TryAllocate);
        this.isChecked = isChecked;
    }

    /// <summary>The most pages that it ever has.</summary>
    public int MaxPages { get; }

    /// <summary>What its pages lie in, for whoever registers memory with the kernel.</summary>
    public PoolMemory Memory { get; } = new();

    /// <summary>Pages that it has.</summary>
    public int TotalPages { get; private set; }

    /// <summary>Pages that nobody has.</summary>
    public int FreePages => free.Count;

    /// <summary>Pages that lessees have.</summary>
    public int LeasedPages { get; private set; }

    /// <summary>Pages without an owner that devices may still touch.</summary>
    public int DrainingPages { get; private set; }

    /// <summary>How many pages a lease may have now, if the system has the memory to grow to the limit.</summary>
    public int AvailablePages => MaxPages - LeasedPages - DrainingPages;

    /// <summary>
    /// Grants <paramref name="pages"/> (1 or more) pages, zeroed. False, with nothing changed, where the limit or the
    /// system's memory does not allow all of them.
    /// </summary>
    public bool TryLease(int pages, [NotNullWhen(true)] out PageLease? lease)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pages);
        ObjectDisposedException.ThrowIf(disposed, this);
        lease = null;
        if (pages > AvailablePages || !TryGrow(pages - FreePages))
        {
            return false;
        }

        if (isChecked)
        {
            PageCheck.Leave(free.Take(pages));
        }

        var granted = new Page[pages];
        for (var index = 0; index < pages; index++)
        {
            granted[index] = free.Pop();
            granted[index].Memory.Span.Clear();
        }

        LeasedPages += pages;
        lease = new PageLease(this, granted);
        RequireBalance();
        return true;
    }

    /// <summary>
    /// The lessee is done or dead, the devices are not: the pages are nobody's until <see cref="Return"/>.
    /// </summary>
    /// <exception cref="InvariantViolationException">Not leased, or leased from another pool: a defect.</exception>
    public void BeginDrain(PageLease lease)
    {
        Invariant.Require(ReferenceEquals(lease.Pool, this));
        Invariant.Require(lease.State == PageLeaseState.Leased);
        lease.State = PageLeaseState.Draining;
        LeasedPages -= lease.Count;
        DrainingPages += lease.Count;
        RequireBalance();
    }

    /// <summary>
    /// Takes the pages back. Nobody may touch them from here on. Works after <see cref="Dispose"/> too.
    /// </summary>
    /// <exception cref="InvariantViolationException">Returned already, or leased from another pool: a
    /// defect.</exception>
    public void Return(PageLease lease)
    {
        Invariant.Require(ReferenceEquals(lease.Pool, this));
        Invariant.Require(lease.State != PageLeaseState.Returned);
        if (isChecked)
        {
            PageCheck.Return(lease);
        }

        if (lease.State == PageLeaseState.Draining)
        {
            DrainingPages -= lease.Count;
        }
        else
        {
            LeasedPages -= lease.Count;
        }

        lease.State = PageLeaseState.Returned;
        for (var index = lease.Count - 1; index >= 0; index--)
        {
            free.Push(lease.Pages[index]);
        }

        RequireBalance();
        FreeSlabsWhenDone();
    }

    /// <summary>
    /// Ends leasing, and frees the memory where nothing is leased or draining; otherwise the last <see cref="Return"/>
    /// does. Where that never comes, the memory goes when nothing refers to it any more.
    /// </summary>
    public void Dispose()
    {
        disposed = true;
        FreeSlabsWhenDone();
    }

    // All of the slabs that are needed, or none.
    private bool TryGrow(int missingPages)
    {
        var added = new List<PageSlab>();
        for (var room = MaxPages - TotalPages; missingPages > 0;)
        {
            var size = Math.Min(slabPages, room);
            if (allocateSlab(size) is not { } slab)
            {
                added.ForEach(unused => unused.Free());
                return false;
            }

            added.Add(slab);
            room -= size;
            missingPages -= size;
        }

        added.ForEach(Take);
        return true;
    }

    private void Take(PageSlab slab)
    {
        slabs.Add(slab);
        Memory.Add(slab.Block);
        TotalPages += slab.Pages.Length;
        for (var index = slab.Pages.Length - 1; index >= 0; index--)
        {
            if (isChecked)
            {
                PageCheck.Add(slab.Pages[index]);
            }

            free.Push(slab.Pages[index]);
        }
    }

    private void FreeSlabsWhenDone()
    {
        if (disposed && LeasedPages + DrainingPages == 0)
        {
            free.Clear();
            TotalPages = 0;
            slabs.ForEach(slab => slab.Free());
            slabs.Clear();
        }

        RequireBalance();
    }

    private void RequireBalance()
    {
        Invariant.Require(LeasedPages >= 0 && DrainingPages >= 0);
        Invariant.Require(FreePages + LeasedPages + DrainingPages == TotalPages);
        Invariant.Require(TotalPages <= MaxPages);
    }
}
