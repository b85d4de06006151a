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

/// <summary>
/// Names a lease. Never used twice in a process, so that one pool's lease is not taken for another's.
/// </summary>
/// <param name="Value">1 for the first lease of the process, then counting.</param>
public readonly record struct LeaseId(long Value)
{
    /// <summary><c>lease-1</c>: fit for an actor's name and a log.</summary>
    public override string ToString() => $"lease-{Value}";
}

/// <summary>Whose a lease's pages are.</summary>
internal enum PageLeaseState
{
    /// <summary>The lessee's.</summary>
    Leased,

    /// <summary>The lessee has died or returned the pages, but a device may still access them: they have no
    /// owner.</summary>
    Draining,

    /// <summary>The pool's again.</summary>
    Returned,
}
