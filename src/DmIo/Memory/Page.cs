namespace DmIo.Memory;

/// <summary>
/// 4096 bytes of native memory at an address that is a multiple of 4096 and never changes, so that direct I/O and
/// native code can use it as it is. Belongs to the lease that it came with, until that is put back.
/// </summary>
public sealed class Page
{
    /// <summary>Bytes in a page, whatever the machine's own page size.</summary>
    public const int SizeBytes = 4096;

    internal Page(Memory<byte> memory, Memory<byte> guard = default)
    {
        Invariant.Require(memory.Length == SizeBytes);
        Memory = memory;
        Guard = guard;
    }

    /// <summary>
    /// The page's bytes. Holding this keeps the memory from being freed, not from being leased to another.
    /// </summary>
    public Memory<byte> Memory { get; }

    /// <summary>Bytes behind it that are nobody's; none where the pool is not checked.</summary>
    internal Memory<byte> Guard { get; }
}

/// <summary>
/// Finds who touches pages that are not his, for a pool that is asked to (<c>dmio.pool.check</c>): what nobody has is
/// full of a pattern, a page in the pool and the guard behind each page. A page that lost it was written to after it
/// was put back; a guard, by who wrote past the end of its page. Costs a fill and a comparison for each page and lease.
/// </summary>
internal static class PageCheck
{
    /// <summary>Neither zero nor likely in anybody's data.</summary>
    private const byte Unowned = 0xD1;

    /// <summary>A new page comes to the pool.</summary>
    internal static void Add(Page page)
    {
        page.Memory.Span.Fill(Unowned);
        page.Guard.Span.Fill(Unowned);
    }

    /// <summary>Pages are about to be leased.</summary>
    /// <exception cref="InvariantViolationException">Somebody touched one, or its guard.</exception>
    internal static void Leave(IEnumerable<Page> pages)
    {
        foreach (var page in pages)
        {
            Require(page.Memory, "A page was written to after it was put back.");
            Require(page.Guard, "Somebody wrote past the end of a page that was put back.");
        }
    }

    /// <summary>Pages come back.</summary>
    /// <exception cref="InvariantViolationException">Somebody touched a guard.</exception>
    internal static void Return(PageLease lease)
    {
        for (var index = 0; index < lease.Count; index++)
        {
            var page = lease.Pages[index];
            Require(page.Guard, $"Somebody wrote past the end of page {index} of {lease.Id}.");
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
