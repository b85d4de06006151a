namespace DmIo.Pages;

/// <summary>
/// Pages that a pool granted to one owner. All or none of them go back.
/// </summary>
/// <remarks><code>
///   TryLease --> Leased --BeginDrain--> Draining --Return--> Returned
///                   +------------------Return-----------------^
/// </code>
/// Only its pool changes its state. What is here to see for everybody never changes.
/// </remarks>
public sealed class PageLease
{
    private static long lastId;

    private readonly Page[] pages;

    internal PageLease(PagePool pool, Page[] pages)
    {
        Id = new LeaseId(Interlocked.Increment(ref lastId));
        Pool = pool;
        this.pages = pages;
        Pages = Array.AsReadOnly(pages);
    }

    /// <summary>Its name, of which the process has no second.</summary>
    public LeaseId Id { get; }

    /// <summary>How many pages.</summary>
    public int Count => pages.Length;

    /// <summary>
    /// The pages, zeroed when they were leased. Not to be touched once the lease was put back: then they may be
    /// another's.
    /// </summary>
    public IReadOnlyList<Page> Pages { get; }

    internal PagePool Pool { get; }

    internal PageLeaseState State { get; set; } = PageLeaseState.Leased;
}
