namespace DmIo.Memory;

/// <summary>
/// Pages of 4096 bytes, and the offset of the data in the first page (Linux dm-io: <c>DM_IO_PAGE_LIST</c> with its
/// <c>offset</c>). Each page is one segment. A list keeps the memory of the pages allocated, but is not a lease: pages
/// of a pool belong to the owner of the lease only until the lease is put back.
/// </summary>
public sealed class PageList : IoMemory
{
    private readonly Memory<byte>[] pages;
    private readonly int firstPageOffset;

    /// <summary>Creates a list of pages of a pool, such as the pages of a lease.</summary>
    /// <param name="pages">The pages; read only during construction.</param>
    /// <param name="firstPageOffset">The number of bytes at the beginning of the first page that do not belong to the
    /// data: 0 to 4095.</param>
    /// <exception cref="ArgumentOutOfRangeException">The offset is not 0 to 4095 (in an empty list: not 0).</exception>
    public PageList(IReadOnlyList<Page> pages, int firstPageOffset = 0)
        : this(MemoryOf(pages), firstPageOffset)
    {
    }

    /// <summary>Creates a list of pages of any origin, of exactly 4096 bytes each. The caller is responsible for their
    /// alignment.</summary>
    /// <param name="pages">The pages; read only during construction.</param>
    /// <param name="firstPageOffset">The number of bytes at the beginning of the first page that do not belong to the
    /// data: 0 to 4095.</param>
    /// <exception cref="ArgumentException">A page is not 4096 bytes long; the message names it.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The offset is not 0 to 4095 (in an empty list: not 0).</exception>
    public PageList(IReadOnlyList<Memory<byte>> pages, int firstPageOffset = 0)
        : this(CopyOf(pages), firstPageOffset)
    {
    }

    private PageList(Memory<byte>[] pages, int firstPageOffset)
    {
        var limit = pages.Length == 0 ? 0 : Page.SizeBytes - 1;
        if (firstPageOffset < 0 || firstPageOffset > limit)
        {
            throw new ArgumentOutOfRangeException(
                nameof(firstPageOffset),
                firstPageOffset,
                $"The offset into the first of {pages.Length} pages must be 0 to {limit} bytes.");
        }

        this.pages = pages;
        this.firstPageOffset = firstPageOffset;
    }

    /// <inheritdoc/>
    public override long LengthBytes => ((long)pages.Length * Page.SizeBytes) - firstPageOffset;

    /// <inheritdoc/>
    public override int SegmentCount => pages.Length;

    /// <inheritdoc/>
    public override Memory<byte> GetSegment(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, pages.Length);
        return index == 0 ? pages[0][firstPageOffset..] : pages[index];
    }

    /// <inheritdoc/>
    public override SegmentPosition Locate(long positionBytes)
    {
        RequirePosition(positionBytes);
        var (page, offset) = Math.DivRem(positionBytes + firstPageOffset, Page.SizeBytes);
        return new SegmentPosition((int)page, (int)offset - (page == 0 ? firstPageOffset : 0));
    }

    private static Memory<byte>[] MemoryOf(IReadOnlyList<Page> pages)
    {
        ArgumentNullException.ThrowIfNull(pages);
        var memory = new Memory<byte>[pages.Count];
        for (var index = 0; index < memory.Length; index++)
        {
            memory[index] = pages[index].Memory;
        }

        return memory;
    }

    private static Memory<byte>[] CopyOf(IReadOnlyList<Memory<byte>> pages)
    {
        ArgumentNullException.ThrowIfNull(pages);
        var memory = new Memory<byte>[pages.Count];
        for (var index = 0; index < memory.Length; index++)
        {
            memory[index] = pages[index];
            if (memory[index].Length != Page.SizeBytes)
            {
                throw new ArgumentException(
                    $"Page {index} is {memory[index].Length} bytes long; a page is {Page.SizeBytes}.", nameof(pages));
            }
        }

        return memory;
    }
}
