using Akka.Actor;
using DmIo.Actors.Client;
using DmIo.Memory;

namespace DmIo.Simulation;

/// <summary>A lease, from its Get on, and whoever has it: an actor that speaks the service's messages, or a user of
/// <see cref="IoClient"/>.</summary>
internal abstract class SimulatedLease(long number, int pages)
{
    internal long Number { get; } = number;

    internal int Pages { get; } = pages;

    /// <summary>The service's number of it; 0 before it was granted.</summary>
    internal long Id { get; private set; }

    /// <summary>Requests may be sent.</summary>
    internal bool IsOpen { get; set; }

    /// <summary>Somebody died: what it has asked for may end as Stopped.</summary>
    internal bool WasCut { get; private set; }

    /// <summary>Its request actor died: what lies in its mailbox gets no answer.</summary>
    internal bool MayLoseRequests { get; private protected set; }

    /// <summary>It was asked to end; the answer is due.</summary>
    internal bool IsEnding { get; set; }

    /// <summary>The end was confirmed, or nobody is there to hear of it.</summary>
    internal bool HasEnded { get; private protected set; }

    /// <summary>Puts that have to be refused, and were not yet.</summary>
    internal int WrongPuts { get; set; }

    /// <summary>Without an outcome.</summary>
    internal List<SimulatedRequest> Outstanding { get; } = [];

    /// <summary>Nobody waits for their outcome any more, or it is given though a device has their memory: that is the
    /// caller's again at the end of the lease.</summary>
    internal List<SimulatedRequest> Held { get; } = [];

    internal abstract IActorRef? Requests { get; }

    /// <summary>Of its pages, those that no request has had yet: zeroed.</summary>
    private protected Queue<Page> FreshPages { get; } = new();

    /// <summary>So many of its pages, for one request.</summary>
    internal IReadOnlyList<Page>? TryTakePages(int count) => FreshPages.Count < count
        ? null : [.. Enumerable.Range(0, count).Select(_ => FreshPages.Dequeue())];

    internal abstract void Send(SimulatedRequest request, Random random);

    internal abstract void Put();

    /// <summary>Nobody waits any more, for the lease, or for one of its requests or all, where somebody could be told
    /// so.</summary>
    internal virtual void Cancel(Random random, bool isForAll)
    {
    }

    /// <summary>Looks for outcomes that nobody is called for.</summary>
    internal virtual void Poll()
    {
    }

    /// <summary>Somebody died: its owner, its request actor or all of the service.</summary>
    internal virtual void Cut(bool isServiceDead)
    {
        IsOpen = false;
        WasCut = true;
    }

    /// <summary>They come zeroed.</summary>
    private protected void TakeIn(PageLease lease, Oracle oracle)
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
