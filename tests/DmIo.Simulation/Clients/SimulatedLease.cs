using Akka.Actor;
using DmIo.Actors.Client;
using DmIo.Memory;

namespace DmIo.Simulation;

/// <summary>A lease and its holder, an actor that uses messages or a user of <see cref="IoClient"/>.</summary>
internal abstract class SimulatedLease(long number, int pages)
{
    internal long Number { get; } = number;

    internal int Pages { get; } = pages;

    /// <summary>The lease ID of the service; 0 until it is granted.</summary>
    internal long Id { get; private set; }

    /// <summary>Requests can be sent.</summary>
    internal bool IsOpen { get; set; }

    /// <summary>The owner, the request actor or the service died: requests may end as Stopped.</summary>
    internal bool WasKilled { get; private set; }

    /// <summary>The request actor died: requests in its mailbox get no reply.</summary>
    internal bool MayLoseRequests { get; private protected set; }

    /// <summary>The Put was sent, and its reply is due.</summary>
    internal bool IsEnding { get; set; }

    /// <summary>The lease has ended, or no reply to its Put can come.</summary>
    internal bool HasEnded { get; private protected set; }

    /// <summary>The number of invalid Puts that are not refused yet.</summary>
    internal int InvalidPuts { get; set; }

    /// <summary>Requests without an outcome.</summary>
    internal List<SimulatedRequest> Outstanding { get; } = [];

    /// <summary>Canceled requests, and completed ones whose memory a device still holds. Their memory may be reused
    /// after the lease has ended.</summary>
    internal List<SimulatedRequest> Held { get; } = [];

    internal abstract IActorRef? Requests { get; }

    /// <summary>Pages of the lease that no request has used; they are zeroed.</summary>
    private protected Queue<Page> FreshPages { get; } = new();

    /// <summary>Takes unused pages for one request; null: too few are left.</summary>
    internal IReadOnlyList<Page>? TryTakePages(int count) => FreshPages.Count < count
        ? null : [.. Enumerable.Range(0, count).Select(_ => FreshPages.Dequeue())];

    internal abstract void Send(SimulatedRequest request, Random random);

    internal abstract void Put();

    /// <summary>Cancels the Get, or one or all of the requests, where the client supports it.</summary>
    internal virtual void Cancel(Random random, bool isForAll)
    {
    }

    /// <summary>Collects the outcomes that come without a call.</summary>
    internal virtual void Poll()
    {
    }

    /// <summary>The owner, the request actor or the whole service died.</summary>
    internal virtual void OnKilled(bool isServiceDead)
    {
        IsOpen = false;
        WasKilled = true;
    }

    /// <summary>Checks and keeps the granted pages, which must be zeroed.</summary>
    private protected void SetPages(PageLease lease, Oracle oracle)
    {
        oracle.Require(lease.Count == Pages, $"{this} has {lease.Count} pages");
        Id = lease.Id.Value;
        foreach (var page in IsOpen ? lease.Pages : [])
        {
            oracle.Require(page.Memory.Span.IndexOfAnyExcept((byte)0) < 0, $"{this} has a page that is not zeroed");
            FreshPages.Enqueue(page);
        }

        oracle.Note($"{this} has its {Pages} pages");
    }

    public override string ToString() => $"lease {Number}";
}
