using Akka.Actor;

namespace DmIo.Simulation;

/// <summary>The leases of the run, and the actions of their holders: open, send, put, cancel, die, and react to
/// outcomes.</summary>
internal sealed class Workload(Oracle oracle, RunPlan plan, Random random, RequestSource source)
{
    private const int MaxLeases = 8;

    private readonly List<SimulatedLease> leases = [];
    private readonly List<SimulatedLease> ended = [];
    private readonly List<ExtentQuery> queries = [];
    private long lastLease;

    /// <summary>The process of the leases.</summary>
    internal SimulatedProcess Process { get; set; } = null!; // set before anything else is called

    /// <summary>Reactions that do not concern a lease.</summary>
    internal required Action<Reaction> React { get; init; }

    internal void Do(StepKind kind)
    {
        switch (kind)
        {
            case StepKind.Open:
                Open();
                break;
            case StepKind.Put:
                ForRandomOpen(Put);
                break;
            case StepKind.PutInvalid:
                ForRandomOpen(lease => (lease as MessageLease)?.PutInvalid(random));
                break;
            case StepKind.Cancel:
                ForRandom(lease => !lease.HasEnded, lease => lease.Cancel(random, isForAll: random.Next(4) == 0));
                break;
            case StepKind.KillOwner:
                ForRandomOpen(KillOwner);
                break;
            case StepKind.KillRequests:
                ForRandomOpen(KillRequests);
                break;
            case StepKind.SendBad:
                ForRandomOpen(lease => Send(lease, source.DrawBad(lease)));
                break;
            default:
                ForRandomOpen(lease => Send(lease, source.Draw(lease)));
                break;
        }
    }

    internal void AskExtents()
    {
        var query = new ExtentQuery(oracle, plan, random);
        queries.Add(query);
        query.Ask(Process);
    }

    /// <summary>Every query has a reply, if the service lives.</summary>
    internal void CheckAnswered() => queries.ForEach(query => oracle.Require(
        query.IsAnswered || oracle.IsEnding, $"a query for extents got no reply"));

    /// <summary>The pages of the largest Get that is not granted yet; 0: none waits.</summary>
    internal int LargestWaiting => leases.Where(lease => !lease.HasEnded && lease.Requests is null)
        .Select(lease => lease.Pages).DefaultIfEmpty().Max();

    /// <summary>Leases that are granted, and neither put nor killed.</summary>
    internal IEnumerable<SimulatedLease> OpenLeases => leases.Where(lease => lease.IsOpen);

    /// <summary>Requests without a reported end whose memory devices may still hold.</summary>
    internal IEnumerable<SimulatedRequest> Held => leases.Concat(ended).SelectMany(lease => lease.Held);

    internal void Poll() => leases.ForEach(lease => lease.Poll());

    /// <summary>Removes leases and queries that have ended.</summary>
    internal void RemoveFinished()
    {
        ended.AddRange(leases.Where(IsFinished));
        leases.RemoveAll(IsFinished);
        queries.RemoveAll(query => query.IsAnswered);
    }

    /// <summary>Puts all open leases. A Put can grant a waiting Get, so leases may be left.</summary>
    internal bool TryPutAll()
    {
        var open = leases.Where(lease => lease.IsOpen).ToList();
        open.ForEach(Put);
        return open.Count > 0;
    }

    /// <summary>The service dies.</summary>
    internal void OnKilled() => leases.ForEach(lease => lease.OnKilled(isServiceDead: true));

    /// <summary>No device holds memory any more, so the remaining requests are over.</summary>
    internal void Release() => leases.Concat(ended).ToList().ForEach(oracle.Ended);

    internal void Forget()
    {
        leases.Clear();
        queries.FindAll(query => !query.IsAnswered).ForEach(query => query.Forget());
        queries.Clear();
        ended.Clear();
    }

    /// <summary>Checks that every lease has ended and every invalid Put was refused.</summary>
    internal void CheckEnded()
    {
        foreach (var lease in leases)
        {
            oracle.Require(lease.HasEnded, $"{lease} has not ended");
        }

        foreach (var lease in leases.Concat(ended))
        {
            oracle.Require(lease.InvalidPuts == 0 || lease.WasKilled, $"an invalid Put of {lease} was not refused");
        }
    }

    private static bool IsFinished(SimulatedLease lease) => lease.HasEnded && lease.Outstanding.Count == 0;

    private void Open()
    {
        if (leases.Count(lease => !lease.HasEnded) >= MaxLeases)
        {
            return;
        }

        var pages = random.Next(1, plan.MaxLeasePages + 1);
        var (wait, weight) = (random.Next(2) == 0, random.Next(4) == 0 ? random.Next(1, 1000) : 100);
        if (random.Next(2) == 0)
        {
            var lease = new MessageLease(++lastLease, pages, Process);
            lease.Get(wait, weight);
            leases.Add(lease);
        }
        else
        {
            SendMode? fixedMode = random.Next(3) == 0 ? ClientLease.DrawMode(random) : null;
            var lease = new ClientLease(++lastLease, pages, fixedMode, Process);
            lease.Get(wait, weight);
            leases.Add(lease);
        }
    }

    private void Send(SimulatedLease lease, SimulatedRequest request)
    {
        oracle.Begin(request);
        if (random.NextDouble() < plan.ReactionChance)
        {
            request.OnOutcome = () => OnReply(lease, request);
        }

        lease.Send(request, random);
        oracle.Cover(request.Mode);
    }

    /// <summary>Called within the call that reports the outcome.</summary>
    private void OnReply(SimulatedLease lease, SimulatedRequest request)
    {
        var reaction = (Reaction)random.Next((int)Reaction.EndService + 1);
        oracle.Cover(reaction);
        oracle.Note($"reaction to the outcome of #{request.Number}: {reaction}");
        switch (reaction)
        {
            case Reaction.Put when lease.IsOpen:
                Put(lease);
                break;
            case Reaction.Send when lease.IsOpen:
                Send(lease, source.Draw(lease));
                break;
            case Reaction.Cancel:
                lease.Cancel(random, isForAll: false);
                break;
            case Reaction.Throw when request.Mode == SendMode.Callback:
                throw new CallerException();
            case Reaction.Throw when lease.IsOpen && request.CompletesInActorTurn:
                // The exception ends this lease only.
                OnKilled(lease);
                throw new CallerException();
            case Reaction.Detach or Reaction.EndService:
                React(reaction);
                break;
        }
    }

    private void Put(SimulatedLease lease)
    {
        oracle.Note($"{lease} is put");
        oracle.Returned.CheckPages(lease);
        oracle.Returned.ForgetPages(lease);
        lease.IsOpen = false;
        lease.IsEnding = true;
        if (random.Next(3) == 0)
        {
            lease.Cancel(random, isForAll: true);
        }

        lease.Put();
        if (lease is MessageLease owned && random.Next(8) == 0)
        {
            owned.PutAgain();
        }
    }

    private void KillOwner(SimulatedLease lease)
    {
        if (lease is MessageLease owned)
        {
            oracle.Note($"the owner of {lease} dies");
            OnKilled(owned);
            owned.KillOwner();
        }
    }

    private void KillRequests(SimulatedLease lease)
    {
        oracle.Note($"the request actor of {lease} dies");
        lease.Requests!.Tell(Kill.Instance, ActorRefs.NoSender);
        OnKilled(lease);
    }

    /// <summary>The pages may belong to another lease from now on.</summary>
    private void OnKilled(SimulatedLease lease)
    {
        oracle.Returned.ForgetPages(lease);
        lease.OnKilled(isServiceDead: false);
    }

    private void ForRandomOpen(Action<SimulatedLease> action) => ForRandom(lease => lease.IsOpen, action);

    private void ForRandom(Func<SimulatedLease, bool> isCandidate, Action<SimulatedLease> action)
    {
        var candidates = leases.Where(isCandidate).ToList();
        if (candidates.Count > 0)
        {
            action(candidates[random.Next(candidates.Count)]);
        }
    }
}

/// <summary>The reaction of a caller to an outcome.</summary>
internal enum Reaction
{
    Put,
    Send,
    Cancel,
    Throw,
    Detach,
    EndService,
}
