using Akka.Actor;

namespace DmIo.Simulation;

/// <summary>Those who have leases, and what they do: open, send, put, give up waiting, die; and whatever they like when
/// they hear of an outcome.</summary>
internal sealed class Tenants(Oracle oracle, RunPlan plan, Random random, RequestSource source)
{
    private const int MostLeases = 8;

    private readonly List<SimulatedLease> leases = [];
    private readonly List<SimulatedLease> ended = [];
    private readonly List<ExtentQuestion> questions = [];
    private long lastLease;

    /// <summary>Where they are.</summary>
    internal SimulatedProcess Process { get; set; } = null!; // set before anything else is called

    /// <summary>What else than with leases who hears of an outcome may do.</summary>
    internal required Action<Meddling> Meddle { get; init; }

    internal void Do(Deed deed)
    {
        switch (deed)
        {
            case Deed.Open:
                Open();
                break;
            case Deed.Put:
                WithOpen(Put);
                break;
            case Deed.PutWrongly:
                WithOpen(lease => (lease as MessageLease)?.PutWrongly(random));
                break;
            case Deed.Cancel:
                With(lease => !lease.HasEnded, lease => lease.Cancel(random, isForAll: random.Next(4) == 0));
                break;
            case Deed.KillOwner:
                WithOpen(KillOwner);
                break;
            case Deed.KillRequests:
                WithOpen(KillRequests);
                break;
            case Deed.SendBad:
                WithOpen(lease => Send(lease, source.DrawBad(lease)));
                break;
            default:
                WithOpen(lease => Send(lease, source.Draw(lease)));
                break;
        }
    }

    internal void AskExtents()
    {
        var question = new ExtentQuestion(oracle, plan, random);
        questions.Add(question);
        question.Ask(Process);
    }

    /// <summary>What was asked for has an answer, if the service lives.</summary>
    internal void CheckAnswered() => questions.ForEach(question => oracle.Require(
        question.IsAnswered || oracle.IsEnding, $"a question for extents got no answer"));

    /// <summary>Of the leases that were asked for and not granted yet, the pages of the largest; 0: none
    /// waits.</summary>
    internal int LargestWaiting => leases.Where(lease => !lease.HasEnded && lease.Requests is null)
        .Select(lease => lease.Pages).DefaultIfEmpty().Max();

    /// <summary>Granted, and neither put back nor cut.</summary>
    internal IEnumerable<SimulatedLease> OpenLeases => leases.Where(lease => lease.IsOpen);

    /// <summary>Requests whose end nobody waits for, though devices may have their memory.</summary>
    internal IEnumerable<SimulatedRequest> Held => leases.Concat(ended).SelectMany(lease => lease.Held);

    internal void Poll() => leases.ForEach(lease => lease.Poll());

    /// <summary>Those of whom nothing is due any more.</summary>
    internal void Part()
    {
        ended.AddRange(leases.Where(HasLeft));
        leases.RemoveAll(HasLeft);
        questions.RemoveAll(question => question.IsAnswered);
    }

    /// <summary>One that is put back may be what another waits for, so some may be left.</summary>
    internal bool TryPutAll()
    {
        var open = leases.Where(lease => lease.IsOpen).ToList();
        open.ForEach(Put);
        return open.Count > 0;
    }

    /// <summary>The service dies.</summary>
    internal void Cut() => leases.ForEach(lease => lease.Cut(isServiceDead: true));

    /// <summary>No device has anything any more, so what is still held is over.</summary>
    internal void Release() => leases.Concat(ended).ToList().ForEach(oracle.Ended);

    internal void Forget()
    {
        leases.Clear();
        questions.FindAll(question => !question.IsAnswered).ForEach(question => question.Forget());
        questions.Clear();
        ended.Clear();
    }

    /// <summary>All of them were told of the end of what they had.</summary>
    internal void CheckEnded()
    {
        foreach (var lease in leases)
        {
            oracle.Require(lease.HasEnded, $"{lease} does not end");
        }

        foreach (var lease in leases.Concat(ended))
        {
            oracle.Require(lease.WrongPuts == 0 || lease.WasCut, $"a wrong Put of {lease} was not refused");
        }
    }

    private static bool HasLeft(SimulatedLease lease) => lease.HasEnded && lease.Outstanding.Count == 0;

    private void Open()
    {
        if (leases.Count(lease => !lease.HasEnded) >= MostLeases)
        {
            return;
        }

        var pages = random.Next(1, plan.MostLeasePages + 1);
        var (wait, weight) = (random.Next(2) == 0, random.Next(4) == 0 ? random.Next(1, 1000) : 100);
        if (random.Next(2) == 0)
        {
            var lease = new MessageLease(++lastLease, pages, Process);
            lease.Get(wait, weight);
            leases.Add(lease);
        }
        else
        {
            SendMode? habit = random.Next(3) == 0 ? ClientLease.DrawMode(random) : null;
            var lease = new ClientLease(++lastLease, pages, habit, Process);
            lease.Get(wait, weight);
            leases.Add(lease);
        }
    }

    private void Send(SimulatedLease lease, SimulatedRequest request)
    {
        oracle.Begin(request);
        if (random.NextDouble() < plan.MeddlingChance)
        {
            request.Then = () => Hear(lease, request);
        }

        lease.Send(request, random);
        oracle.Saw(request.Mode);
    }

    /// <summary>On the turn of whoever tells the outcome.</summary>
    private void Hear(SimulatedLease lease, SimulatedRequest request)
    {
        var meddling = (Meddling)random.Next((int)Meddling.EndService + 1);
        oracle.Saw(meddling);
        oracle.Note($"who hears of #{request.Number} does something: {meddling}");
        switch (meddling)
        {
            case Meddling.Put when lease.IsOpen:
                Put(lease);
                break;
            case Meddling.Send when lease.IsOpen:
                Send(lease, source.Draw(lease));
                break;
            case Meddling.Cancel:
                lease.Cancel(random, isForAll: false);
                break;
            case Meddling.Throw when request.Mode == SendMode.Callback:
                throw new CallersException();
            case Meddling.Throw when lease.IsOpen && request.IsToldOnTurn:
                // It ends the lease whose turn it is, and harms nobody else.
                Cut(lease);
                throw new CallersException();
            case Meddling.Detach or Meddling.EndService:
                Meddle(meddling);
                break;
        }
    }

    private void Put(SimulatedLease lease)
    {
        oracle.Note($"{lease} is put back");
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
            Cut(owned);
            owned.KillOwner();
        }
    }

    private void KillRequests(SimulatedLease lease)
    {
        oracle.Note($"the request actor of {lease} dies");
        lease.Requests!.Tell(Kill.Instance, ActorRefs.NoSender);
        Cut(lease);
    }

    /// <summary>Its pages may be another's from now on.</summary>
    private void Cut(SimulatedLease lease)
    {
        oracle.Returned.ForgetPages(lease);
        lease.Cut(isServiceDead: false);
    }

    private void WithOpen(Action<SimulatedLease> deed) => With(lease => lease.IsOpen, deed);

    private void With(Func<SimulatedLease, bool> isMeant, Action<SimulatedLease> deed)
    {
        var meant = leases.Where(isMeant).ToList();
        if (meant.Count > 0)
        {
            deed(meant[random.Next(meant.Count)]);
        }
    }
}

/// <summary>What somebody does who hears of an outcome.</summary>
internal enum Meddling
{
    Put,
    Send,
    Cancel,
    Throw,
    Detach,
    EndService,
}
