using Akka.Actor;
using DmIo.Actors.Configuration;
using DmIo.Actors.Devices;
using DmIo.Actors.Protocol;
using DmIo.Actors.Requests;
using DmIo.Actors.Telemetry;
using DmIo.Memory;
using static DmIo.Actors.Protocol.LeaseProtocol;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Actors.Leases;

/// <summary>
/// The part of the supervisor that grants and ends leases (R16 to R18). A lease's pages are leased until it ends, or
/// quarantined while a device uses them after a deadline (R23), draining until <see cref="LeaseReleased"/>, then free:
/// free + leased + draining + quarantined = total at every step, which the pool checks. Free pages first replace the
/// pages that open leases lack, then go to waiting Gets, strictly in order.
/// </summary>
internal sealed class LeaseRegistry(
    IActorContext context,
    DeviceDirectory directory,
    PagePool pool,
    ServiceCounters counters,
    DmIoSettings settings)
{
    /// <summary>The runtime's path of the temporary actors of Ask.</summary>
    private const string TemporaryPath = "temp";

    private readonly Dictionary<LeaseId, LeaseRecord> leases = [];
    private readonly Dictionary<IActorRef, LeaseRecord> byRequests = [];
    private readonly LinkedList<WaitingGet> waiting = [];

    /// <summary>Leases that want more lent pages than are available, in the order of their requests.</summary>
    private readonly LinkedList<LeaseRecord> shortLeases = [];
    private readonly OwnerWatch owners = new(context);
    private bool isClosed;

    /// <summary>No lease is open or draining.</summary>
    internal bool IsIdle => leases.Count == 0;

    internal void Get(Get get, IActorRef sender)
    {
        var request = new WaitingGet(get.Pages, get.Weight, get.Owner ?? sender, sender);
        if (RefusalOf(get, request.Owner) is { } refusal)
        {
            Refuse(request, refusal);
        }
        else if (waiting.Count > 0 || get.Pages > pool.AvailablePages)
        {
            waiting.AddLast(request);
            owners.Add(request.Owner);
        }
        else
        {
            Open(request);
        }
    }

    internal void Put(Put put, IActorRef sender)
    {
        leases.TryGetValue(put.Lease, out var record);
        if (RefusalOf(put, record, put.Owner ?? sender) is { } refusal)
        {
            sender.Tell(new PutRefused(put.Lease, refusal), context.Self);
        }
        else
        {
            record!.PutReplyTo = sender;
            End(record, CloseLease.Instance);
        }
    }

    /// <summary>The death of an owner ends its leases and its waiting Gets; the death of a request actor ends its
    /// lease. The caller calls <see cref="ServeWaiting"/> afterwards.</summary>
    internal void Terminated(IActorRef actor)
    {
        if (byRequests.Remove(actor, out var died))
        {
            shortLeases.Remove(died);
            End(died, end: null);
        }

        if (owners.Died(actor))
        {
            RemoveWaiting(get => get.Owner.Equals(actor), "The owner died.");
            foreach (var record in leases.Values)
            {
                if (record.Owner.Equals(actor))
                {
                    End(record, AbandonLease.Instance);
                }
            }
        }
    }

    /// <summary>Devices have started or stopped retaining pages of a lease.</summary>
    internal void CreditChanged(CreditChanged changed)
    {
        Invariant.Require(leases.TryGetValue(changed.Lease, out var record));
        pool.Quarantine(record.Lease, 0);
        pool.TakeBack(record.Lease, changed.Returned);
        pool.Quarantine(record.Lease, changed.Quarantined);
        record.Wanted = changed.Wanted;
        if (!shortLeases.Contains(record))
        {
            shortLeases.AddLast(record);
        }

        ServeWaiting();
    }

    internal void Released(LeaseId id)
    {
        Invariant.Require(leases.Remove(id, out var record));
        End(record, end: null);
        shortLeases.Remove(record);
        counters.Remove(record.Counters);
        pool.Return(record.Lease);
        context.System.EventStream.Publish(new ServiceEvents.LeaseClosed(id, record.Lease.Count));
        record.PutReplyTo?.Tell(new PutDone(id, record.Lease.Count), context.Self);
        ServeWaiting();
    }

    /// <summary>Lends and grants pages to waiting leases and Gets, after pages were returned.</summary>
    internal void ServeWaiting()
    {
        while (shortLeases.First is { Value: var record })
        {
            var missing = record.Wanted - record.Lease.Lent.Count;
            var lent = pool.Lend(record.Lease, Math.Max(0, missing));
            if (lent > 0)
            {
                record.Requests.Tell(new CreditLent(lent), context.Self);
            }

            if (lent < missing)
            {
                break;
            }

            shortLeases.RemoveFirst();
        }

        while (waiting.First is { } first && first.Value.Pages <= pool.AvailablePages)
        {
            waiting.RemoveFirst();
            Open(first.Value);
            owners.Remove(first.Value.Owner);
        }
    }

    internal PoolStatus Status() => new(
        pool.TotalPages, pool.FreePages, pool.LeasedPages, pool.DrainingPages, pool.QuarantinedPages, pool.MaxPages,
        leases.Values.Count(record => !record.IsEnding), waiting.Count);

    /// <summary>Stops granting, and closes every lease like a Put of its owner.</summary>
    internal void Close()
    {
        isClosed = true;
        RemoveWaiting(_ => true, "The service is stopping.");
        foreach (var record in leases.Values)
        {
            End(record, CloseLease.Instance);
        }
    }

    /// <summary>Called when the supervisor stops: answers all waiting Gets and Puts. Memory that a device may still use
    /// is not freed.</summary>
    internal void Stop()
    {
        isClosed = true;
        RemoveWaiting(_ => true, "The service stopped.");
        foreach (var record in leases.Values)
        {
            record.PutReplyTo?.Tell(
                new PutRefused(record.Lease.Id, "The service stopped while a device still had I/O of the lease."),
                context.Self);
        }
    }

    private static string? RefusalOf(Put put, LeaseRecord? record, IActorRef owner) => record switch
    {
        null => $"There is no {put.Lease}; it was put back, or never granted.",
        _ when !record.Owner.Equals(owner) => $"{put.Lease} does not belong to {owner}; only its owner puts it back.",
        { PutReplyTo: not null } => $"{put.Lease} was put back already.",
        _ when record.Lease.Count != put.Pages =>
            $"{put.Lease} has {record.Lease.Count} pages, not {put.Pages}; put all of them.",
        _ => null,
    };

    private string? RefusalOf(Get get, IActorRef owner)
    {
        if (isClosed)
        {
            return "The service is stopping.";
        }

        if (!CanOwn(owner))
        {
            return "The lease would have no owner, or only the temporary actor of an Ask; name an actor as Owner.";
        }

        if (get.Pages < 1)
        {
            return $"A lease has at least 1 page, not {get.Pages}.";
        }

        if (get.Weight is < 1 or > LeaseWeight.Max)
        {
            return $"A lease's weight is 1 to {LeaseWeight.Max}, not {get.Weight}.";
        }

        if (get.Pages > pool.MaxPages)
        {
            return $"{get.Pages} pages are more than dmio.pool.max-pages, which is {pool.MaxPages}.";
        }

        if (get.Wait)
        {
            return null;
        }

        return (waiting.Count, get.Pages > pool.AvailablePages) switch
        {
            ( > 0, _) => $"{waiting.Count} earlier requests wait for pages; set Wait to wait in order.",
            (_, true) => $"{get.Pages} pages are not available, {pool.AvailablePages} of {pool.MaxPages} are; ask for "
                + "fewer, or raise dmio.pool.max-pages.",
            _ => null,
        };
    }

    /// <summary>These actors cannot put a lease back, and their death is not reported: the pages would leak.</summary>
    private static bool CanOwn(IActorRef owner) =>
        !owner.IsNobody() && owner.Path.Elements is not [TemporaryPath, ..];

    private void Open(WaitingGet get)
    {
        if (!pool.TryLease(get.Pages, out var lease))
        {
            Refuse(get, $"The system has no memory for {get.Pages} pages.");
            return;
        }

        var leaseCounters = new LeaseCounters(lease.Id, lease.Count, get.Weight);
        var props = RequestActor.Props(lease, LimitsOf(get), directory, leaseCounters, context.Self)
            .WithDispatcherOf(settings);
        var requests = context.Watch(context.ActorOf(props, $"lease-{lease.Id.Value}"));
        var record = new LeaseRecord(lease, get.Owner, requests, leaseCounters);
        leases.Add(lease.Id, record);
        byRequests.Add(requests, record);
        counters.Add(leaseCounters);
        owners.Add(get.Owner);
        context.System.EventStream.Publish(new ServiceEvents.LeaseOpened(lease.Id, lease.Count));
        get.ReplyTo.Tell(new Granted(lease, requests), context.Self);
    }

    /// <summary>Ends a lease at the first cause; later calls have no effect.</summary>
    private void End(LeaseRecord record, object? end)
    {
        if (!record.IsEnding)
        {
            record.IsEnding = true;
            pool.BeginDrain(record.Lease);
            owners.Remove(record.Owner);
            if (end is not null)
            {
                record.Requests.Tell(end, context.Self);
            }
        }
    }

    private LeaseLimits LimitsOf(WaitingGet get) => new(
        get.Weight, (int)Math.Clamp((long)get.Pages * settings.WaitingPerPage, LeaseLimits.MinWaiting, int.MaxValue));

    private void RemoveWaiting(Func<WaitingGet, bool> isMeant, string reason)
    {
        for (var node = waiting.First; node is not null;)
        {
            var next = node.Next;
            if (isMeant(node.Value))
            {
                waiting.Remove(node);
                owners.Remove(node.Value.Owner);
                Refuse(node.Value, reason);
            }

            node = next;
        }
    }

    private void Refuse(WaitingGet get, string reason)
    {
        var available = isClosed || waiting.Count > 0 ? 0 : pool.AvailablePages;
        var refused = new GetRefused(get.Pages, available, reason) { Cause = isClosed ? IoRefusal.Stopped : null };
        get.ReplyTo.Tell(refused, context.Self);
    }

    private sealed record WaitingGet(int Pages, int Weight, IActorRef Owner, IActorRef ReplyTo);
}

/// <summary>
/// A lease in the supervisor.
/// <code>
///   Open --Put, drain, owner's or request actor's death--> Ending --LeaseReleased--> (removed)
/// </code>
/// </summary>
internal sealed class LeaseRecord(PageLease lease, IActorRef owner, IActorRef requests, LeaseCounters counters)
{
    internal LeaseCounters Counters { get; } = counters;

    internal PageLease Lease { get; } = lease;

    internal IActorRef Owner { get; } = owner;

    /// <summary>The lease's request actor.</summary>
    internal IActorRef Requests { get; } = requests;

    /// <summary>The total number of pages that the lease wants to borrow.</summary>
    internal int Wanted { get; set; }

    /// <summary>The pages are draining.</summary>
    internal bool IsEnding { get; set; }

    /// <summary>The receiver of PutDone.</summary>
    internal IActorRef? PutReplyTo { get; set; }
}

/// <summary>Death watch on the owners of leases and waiting Gets: one watch for each owner, for any number of
/// leases.</summary>
internal sealed class OwnerWatch(IActorContext context)
{
    private readonly Dictionary<IActorRef, int> counts = [];

    internal void Add(IActorRef owner)
    {
        counts[owner] = counts.GetValueOrDefault(owner) + 1;
        if (counts[owner] == 1)
        {
            context.Watch(owner);
        }
    }

    /// <summary>Does nothing if the owner is dead.</summary>
    internal void Remove(IActorRef owner)
    {
        if (counts.TryGetValue(owner, out var count))
        {
            counts[owner] = count - 1;
            if (count == 1)
            {
                counts.Remove(owner);
                context.Unwatch(owner);
            }
        }
    }

    /// <summary>True if the actor was an owner.</summary>
    internal bool Died(IActorRef owner) => counts.Remove(owner);
}
