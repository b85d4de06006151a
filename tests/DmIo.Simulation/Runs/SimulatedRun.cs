using Akka.Actor;
using static DmIo.Actors.DrainProtocol;
using static DmIo.Actors.ServiceProtocol;

namespace DmIo.Simulation;

/// <summary>
/// One run from one seed: the service with its clients, disks and accidents, on one thread, judged at every step. It
/// returns its trace; a broken promise throws <see cref="BrokenPromiseException"/>.
/// </summary>
internal sealed class SimulatedRun
{
    private const int MostLeases = 8;
    private const long MostSteps = 2_000_000;

    private readonly Random random;
    private readonly Agenda agenda;
    private readonly Oracle oracle;
    private readonly RunPlan plan;
    private readonly RequestSource source;
    private readonly DiskBay disks;
    private readonly List<SimulatedLease> leases = [];
    private readonly List<SimulatedLease> ended = [];
    private SimulatedProcess process;
    private long lastLease;
    private bool isDrained;
    private PoolStatus? lastStatus;

    internal SimulatedRun(int seed, Trace trace)
    {
        random = new Random(seed);
        agenda = new Agenda(random);
        oracle = new Oracle(agenda, trace);
        plan = new RunPlan(random);
        source = new RequestSource(oracle, plan, random);
        disks = new DiskBay(oracle, plan, random, new SimulatedTime(agenda));
        process = new SimulatedProcess(oracle, plan);
    }

    /// <summary>The whole of it.</summary>
    /// <param name="seed">What it is a function of.</param>
    /// <param name="steps">Deeds of clients and accidents.</param>
    /// <param name="trace">What happens.</param>
    internal static void Do(int seed, int steps, Trace trace)
    {
        // What awaits here goes on here, and not where a test framework has it.
        var outer = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        var run = new SimulatedRun(seed, trace);
        try
        {
            for (var step = 0; step < steps; step++)
            {
                run.Step();
            }

            run.Finish();
        }
        finally
        {
            run.process.Abandon();
            SynchronizationContext.SetSynchronizationContext(outer);
        }
    }

    private void Step()
    {
        Do(plan.Draw(random));
        Let(random.Next(plan.Burst + 1));
        disks.AttachWhatIsAbsent(process);
        leases.ForEach(lease => lease.Poll());
        ended.AddRange(leases.Where(HasLeft));
        leases.RemoveAll(HasLeft);
        disks.CheckCallers();
    }

    private static bool HasLeft(SimulatedLease lease) => lease.HasEnded && lease.Outstanding.Count == 0;

    /// <summary>Lets so much happen, if there is so much.</summary>
    private void Let(long steps)
    {
        while (steps-- > 0 && agenda.Step())
        {
            ThrowIfBroken();
        }

        ThrowIfBroken();
    }

    /// <summary>Not where it is seen: that may be in an actor's turn, which would go down with it.</summary>
    private void ThrowIfBroken()
    {
        if (oracle.Failure is { } failure)
        {
            throw new BrokenPromiseException(failure);
        }
    }

    private void Do(Deed deed)
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
            case Deed.KillOwner:
                WithOpen(KillOwner);
                break;
            case Deed.KillRequests:
                WithOpen(KillRequests);
                break;
            case Deed.KillDevice:
                disks.WithServing(disk => disks.KillActor(disk, process));
                break;
            case Deed.Detach:
                disks.WithServing(disk => disks.Detach(disk, process));
                break;
            case Deed.Release:
                disks.WithServing(disk => disk.Device!.ReleaseStuck());
                break;
            case Deed.AskStatus:
                process.Supervisor.Tell(GetPoolStatus.Instance, process.NewEar(message => Check((PoolStatus)message)));
                break;
            case Deed.EndService:
                EndService();
                break;
            case Deed.Crash:
                Crash();
                break;
            default:
                WithOpen(lease => Send(lease, deed == Deed.SendBad ? source.DrawBad(lease) : source.Draw(lease)));
                break;
        }
    }

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
            var lease = new MessageLease(++lastLease, pages, process);
            lease.Get(wait, weight);
            leases.Add(lease);
        }
        else
        {
            var lease = new ClientLease(++lastLease, pages, process);
            lease.Get(wait, weight);
            leases.Add(lease);
        }
    }

    private void Send(SimulatedLease lease, SimulatedRequest request)
    {
        oracle.Begin(request);
        if (random.NextDouble() < plan.MeddlingChance)
        {
            request.Then = () => Meddle(lease, request);
        }

        lease.Send(request, random);
    }

    /// <summary>On the turn of whoever tells the outcome.</summary>
    private void Meddle(SimulatedLease lease, SimulatedRequest request)
    {
        oracle.Note($"who hears of #{request.Number} does something");
        switch (random.Next(4))
        {
            case 0 when lease.IsOpen:
                Put(lease);
                break;
            case 1 when lease.IsOpen:
                Send(lease, source.Draw(lease));
                break;
            case 2:
                disks.WithServing(disk => disks.Detach(disk, process));
                break;
            case 3 when lease.IsOpen && request.IsToldOnTurn:
                // It ends the lease whose turn it is, and harms nobody else.
                EndAsCut(lease);
                throw new CallersException();
        }
    }

    private static void EndAsCut(SimulatedLease lease)
    {
        lease.IsOpen = false;
        lease.WasCut = true;
        lease.HasEnded = true;
        lease.MayLoseRequests = lease is MessageLease;
    }

    private void Put(SimulatedLease lease)
    {
        oracle.Note($"{lease} is put back");
        lease.IsOpen = false;
        lease.IsEnding = true;
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
            EndAsCut(owned);
            owned.KillOwner();
        }
    }

    private void KillRequests(SimulatedLease lease)
    {
        oracle.Note($"the request actor of {lease} dies");
        EndAsCut(lease);
        lease.Requests!.Tell(Kill.Instance, ActorRefs.NoSender);
    }

    /// <summary>The supervisor dies, and with it the service; what it had in flight ends, and another begins.</summary>
    private void EndService()
    {
        oracle.Note("the service dies");
        oracle.IsEnding = true;
        leases.ForEach(EndAsCut);
        disks.AllGone();
        process.Supervisor.Tell(Kill.Instance, ActorRefs.NoSender);
        LetAllHappen();
        Unstick();
        CheckOutcomes();
        disks.CheckClosed();
        disks.Vacate();
        BeginAnew();
    }

    private void BeginAnew()
    {
        process.Abandon();
        leases.Clear();
        ended.Clear();
        oracle.ForgetRequests();
        oracle.IsEnding = false;
        process = new SimulatedProcess(oracle, plan);
    }

    private void Crash()
    {
        oracle.Note("everything dies");
        agenda.Crash();
        disks.Crash();
        BeginAnew();
    }

    private void Check(PoolStatus status)
    {
        lastStatus = status;
        oracle.Require(
            status.Free + status.Leased + status.Draining == status.Total && status.Total <= plan.MostPages,
            $"the pool says {status}");
    }

    private void Finish()
    {
        LetAllHappen();
        CheckNothingWaits();
        Unstick();
        CheckOutcomes();
        while (leases.Exists(lease => lease.IsOpen))
        {
            // One that is put back may be what another waits for.
            leases.Where(lease => lease.IsOpen).ToList().ForEach(Put);
            LetAllHappen();
        }

        leases.ForEach(lease => oracle.Require(lease.HasEnded, $"{lease} does not end"));
        oracle.IsEnding = true;
        process.Supervisor.Tell(
            DrainService.Instance, process.NewEar(message => isDrained = message is ServiceDrained));
        LetAllHappen();
        oracle.Require(isDrained, $"the service does not drain");
        process.Supervisor.Tell(GetPoolStatus.Instance, process.NewEar(message => Check((PoolStatus)message)));
        LetAllHappen();
        oracle.Require(lastStatus is { Leased: 0, Draining: 0, Leases: 0, Waiting: 0 }, $"at the end: {lastStatus}");
        foreach (var lease in leases.Concat(ended))
        {
            oracle.Require(lease.WrongPuts == 0 || lease.WasCut, $"a wrong Put of {lease} was not refused");
        }

        disks.CheckClosed();
        disks.CheckContent();
        oracle.CheckMemory();
        ThrowIfBroken();
    }

    /// <summary>Lets go what is stuck, and what gets stuck behind it.</summary>
    private void Unstick()
    {
        disks.Heal();
        LetAllHappen();
    }

    private void CheckOutcomes()
    {
        foreach (var request in oracle.Outstanding)
        {
            oracle.Require(request.Lease.MayLoseRequests, $"{request} of {request.Lease} got no outcome");
        }
    }

    /// <summary>Until nothing happens any more by itself.</summary>
    private void LetAllHappen()
    {
        var end = agenda.Steps + MostSteps;
        do
        {
            Let(MostSteps);
            leases.ForEach(lease => lease.Poll());
            disks.AttachWhatIsAbsent(process, isPatient: true);
            oracle.Require(agenda.Steps < end, $"after {MostSteps} steps there is still something to do");
        }
        while (!agenda.IsIdle);
    }

    /// <summary>No operation waits for ever while its device answers: what has no outcome waits for a device that is
    /// stuck, or for its lease's credit, which such a one has.</summary>
    private void CheckNothingWaits()
    {
        var stuck = disks.StuckNames();
        foreach (var request in oracle.Outstanding.Where(request => !request.Lease.MayLoseRequests))
        {
            oracle.Require(
                request.Message.Deadline is null || request.IsBad,
                $"{request} has no outcome, long after its deadline");
            oracle.Require(
                request.Lease.Outstanding.Concat(request.Lease.Held).Any(
                    other => other.Message.Regions.Any(region => stuck.Contains(region.Device))),
                $"{request} of {request.Lease} waits for ever, and no device is stuck");
        }
    }

    private void WithOpen(Action<SimulatedLease> deed)
    {
        var open = leases.Where(lease => lease.IsOpen).ToList();
        if (open.Count > 0)
        {
            deed(open[random.Next(open.Count)]);
        }
    }
}
