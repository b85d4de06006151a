namespace DmIo.Memory;

/// <summary>
/// 4096 bytes of native memory at an address that is a multiple of 4096 and never changes, so that direct I/O and
/// native code can use the memory directly. A page belongs to the lease that granted it until the lease is put back.
/// </summary>
public sealed class Page
{
    /// <summary>The bytes of a page, regardless of the page size of the machine.</summary>
    public const int SizeBytes = 4096;

    internal Page(Memory<byte> memory, Memory<byte> guard = default)
    {
        Invariant.Require(memory.Length == SizeBytes);
        Memory = memory;
        Guard = guard;
    }

    /// <summary>
    /// The bytes of the page. A reference to this memory keeps the memory from being freed, but does not keep the page
    /// from being leased to another owner.
    /// </summary>
    public Memory<byte> Memory { get; }

    /// <summary>Unused bytes after the page; empty if the pool is not checked.</summary>
    internal Memory<byte> Guard { get; }
}

/// <summary>
/// Detects writes to pages outside of a lease, for a pool with <c>dmio.pool.check</c>: free pages, and the guard after
/// each page, are filled with a pattern. A free page without the pattern was written to after its lease was returned; a
/// guard without the pattern was overrun from its page. The cost is one fill and one comparison per page and lease.
/// </summary>
internal static class PageCheck
{
    /// <summary>Neither zero nor likely in data.</summary>
    private const byte Unowned = 0xD1;

    /// <summary>Fills a new page of the pool.</summary>
    internal static void Add(Page page)
    {
        page.Memory.Span.Fill(Unowned);
        page.Guard.Span.Fill(Unowned);
    }

    /// <summary>Checks pages before they are leased.</summary>
    /// <exception cref="InvariantViolationException">A page or its guard was written to.</exception>
    internal static void Leave(IEnumerable<Page> pages)
    {
        foreach (var page in pages)
        {
            Require(page.Memory, "A page was written to after it was put back.");
            Require(page.Guard, "A write past the end of a returned page.");
        }
    }

    /// <summary>Checks and fills pages that are returned.</summary>
    /// <exception cref="InvariantViolationException">A guard was written to.</exception>
    internal static void Return(PageLease lease)
    {
        for (var index = 0; index < lease.Count; index++)
        {
            var page = lease.Pages[index];
            Require(page.Guard, $"A write past the end of page {index} of {lease.Id}.");
            page.Memory.Span.Fill(Unowned);
        }
    }

    private static void Require(Memory<byte> bytes, string fault)
    {
        var place = bytes.Span.IndexOfAnyExcept(Unowned);
        if (place >= 0)
        {
            throw new InvariantViolationException($"{fault} The first such byte is number {place}.");
        }
    }
}
