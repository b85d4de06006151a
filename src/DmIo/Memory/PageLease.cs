namespace DmIo.Memory;

/// <summary>
/// Pages that a pool granted to one owner. They are returned to the pool together.
/// </summary>
/// <remarks><code>
///   TryLease --> Leased --BeginDrain--> Draining --Return--> Returned
///                   +------------------Return-----------------^
/// </code>
/// Only the pool changes the state of a lease. The values of the public members never change.
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

    /// <summary>The identifier of the lease, unique in the process.</summary>
    public LeaseId Id { get; }

    /// <summary>The number of granted pages.</summary>
    public int Count => pages.Length;

    /// <summary>
    /// The pages, zeroed when the lease was granted. They must not be accessed after the lease was put back, because
    /// they may then belong to another lease.
    /// </summary>
    public IReadOnlyList<Page> Pages { get; }

    internal PagePool Pool { get; }

    internal PageLeaseState State { get; set; } = PageLeaseState.Leased;

    /// <summary>Pages that the pool lent to the lease beyond <see cref="Count"/>: credit for I/O, not memory for the
    /// owner.</summary>
    internal Stack<Page> Lent { get; } = new();

    /// <summary>The number of quarantined pages among all pages of the lease; 0 while the lease drains.</summary>
    internal int Quarantined { get; set; }

    /// <summary>The number of granted and lent pages.</summary>
    internal int TotalPages => Count + Lent.Count;
}

/// <summary>
/// Identifies a lease. Unique in the process, so that leases of different pools are not confused.
/// </summary>
/// <param name="Value">The number: 1 for the first lease of the process, then ascending.</param>
public readonly record struct LeaseId(long Value)
{
    /// <summary>Formats the identifier as <c>lease-1</c>, which is also valid as the name of an actor.</summary>
    public override string ToString() => $"lease-{Value}";
}

/// <summary>The owner of the pages of a lease.</summary>
internal enum PageLeaseState
{
    /// <summary>The pages belong to the owner of the lease.</summary>
    Leased,

    /// <summary>The owner of the lease died or returned the pages, but a device may still access them: they have no
    /// owner.</summary>
    Draining,

    /// <summary>The pages are back in the pool.</summary>
    Returned,
}
