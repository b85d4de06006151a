namespace DmIo.Memory;

/// <summary>
/// Pages that lie side by side in one native block. Each page's memory holds the block, so the block outlives every
/// memory taken from it, unless it is freed by hand: then such a memory throws <see cref="ObjectDisposedException"/>.
/// </summary>
internal sealed class PageSlab
{
    /// <summary>1 GiB: what one <see cref="Memory{T}"/> can show of a block, with room to spare.</summary>
    public const int MaxPages = 1 << 18;

    /// <summary>Of a page with its guard.</summary>
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

    /// <summary>A slab of 1 to <see cref="MaxPages"/> pages; null where the system has no memory for it.</summary>
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

    /// <summary>The same with a guard behind each page, as long as the page.</summary>
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

    /// <summary>Frees the memory, after the last pin is gone. The pages may not be used any more.</summary>
    public void Free() => Block.Dispose();

    private static Page GuardedPage(NativeBlock block, int index)
    {
        var both = new NativeWindow(block, (long)index * GuardedBytes, GuardedBytes).Memory;
        return new Page(both[..Page.SizeBytes], both[Page.SizeBytes..]);
    }
}

/// <summary>
/// The native blocks that a pool's pages lie in, in the order in which they came; none ever leaves. Written by the
/// pool, read from any thread without a lock. A reader that keeps the address of a block holds the block.
/// </summary>
internal sealed class PoolMemory
{
    private volatile NativeBlock[] blocks = [];

    /// <summary>All blocks so far; a snapshot that never changes.</summary>
    internal ReadOnlySpan<NativeBlock> Blocks => blocks;

    /// <summary>The pool only.</summary>
    internal void Add(NativeBlock block) => blocks = [.. blocks, block];
}
