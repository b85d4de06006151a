namespace DmIo.Memory;

/// <summary>
/// Pages that a pool granted to one owner. All or none of them go back.
/// </summary>
/// <remarks><code>
///   TryLease --> Leased --BeginDrain--> Draining --Return--> Returned
///                   +------------------Return-----------------^
/// </code>
/// Only its pool changes its state. The public members never change.
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

    /// <summary>Pages that the pool lent to it beyond <see cref="Count"/>: credit for I/O, not memory of the
    /// owner.</summary>
    internal Stack<Page> Lent { get; } = new();

    /// <summary>How many of all its pages are quarantined; 0 where it drains.</summary>
    internal int Quarantined { get; set; }

    /// <summary>Granted and lent pages.</summary>
    internal int TotalPages => Count + Lent.Count;
}
