namespace DmIo.Memory;

/// <summary>
/// Adjacent pages in one native block. The memory of each page refers to the block, so the block outlives every memory
/// taken from it, unless the block is freed explicitly: such a memory then throws
/// <see cref="ObjectDisposedException"/>.
/// </summary>
internal sealed class PageSlab
{
    /// <summary>The largest number of pages, 1 GiB: well within the limit of one <see cref="Memory{T}"/>.</summary>
    public const int MaxPages = 1 << 18;

    /// <summary>The length of a page with its guard.</summary>
    private const int GuardedBytes = 2 * Page.SizeBytes;

    private PageSlab(NativeBlock block, Page[] pages)
    {
        Block = block;
        Pages = pages;
    }

    private PageSlab(NativeBlock block, int pages)
    {
        Block = block;
        var memory = new NativeWindow(block, 0, pages * Page.SizeBytes).Memory;
        Pages = new Page[pages];
        for (var index = 0; index < pages; index++)
        {
            Pages[index] = new Page(memory.Slice(index * Page.SizeBytes, Page.SizeBytes));
        }
    }

    /// <summary>The memory of the pages.</summary>
    public NativeBlock Block { get; }

    /// <summary>The slab's pages, by ascending address.</summary>
    public Page[] Pages { get; }

    /// <summary>Allocates a slab of 1 to <see cref="MaxPages"/> pages; returns null if the system has no memory for
    /// it.</summary>
    public static PageSlab? TryAllocate(int pages)
    {
        Invariant.Require(pages is > 0 and <= MaxPages);
        try
        {
            return new PageSlab(NativeBlock.Allocate((long)pages * Page.SizeBytes), pages);
        }
        catch (OutOfMemoryException)
        {
            return null;
        }
    }

    /// <summary>Allocates a slab with a guard after each page, which is as long as the page.</summary>
    public static PageSlab? TryAllocateGuarded(int pages)
    {
        Invariant.Require(pages is > 0 and <= MaxPages);
        try
        {
            var block = NativeBlock.Allocate((long)pages * GuardedBytes);
            return new PageSlab(block, [.. Enumerable.Range(0, pages).Select(index => GuardedPage(block, index))]);
        }
        catch (OutOfMemoryException)
        {
            return null;
        }
    }

    /// <summary>Frees the memory, after the last pin is released. The pages must no longer be used.</summary>
    public void Free() => Block.Dispose();

    private static Page GuardedPage(NativeBlock block, int index)
    {
        var both = new NativeWindow(block, (long)index * GuardedBytes, GuardedBytes).Memory;
        return new Page(both[..Page.SizeBytes], both[Page.SizeBytes..]);
    }
}

/// <summary>
/// The native blocks that contain the pages of a pool, in the order in which they were added; no block is ever removed.
/// Written by the pool, read from any thread without a lock. A reader that keeps the address of a block must also keep
/// a reference to the block.
/// </summary>
internal sealed class PoolMemory
{
    private volatile NativeBlock[] blocks = [];

    /// <summary>All blocks so far; a snapshot that never changes.</summary>
    internal ReadOnlySpan<NativeBlock> Blocks => blocks;

    /// <summary>Adds a block. Called only by the pool.</summary>
    internal void Add(NativeBlock block) => blocks = [.. blocks, block];
}
