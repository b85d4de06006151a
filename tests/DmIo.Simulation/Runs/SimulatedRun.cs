using DmIo.TestKit.Simulation;
using static DmIo.Actors.Protocol.DrainProtocol;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Simulation;

/// <summary>
/// One run from one seed: the service with its clients, disks and accidents, on one thread, judged at every step. It
/// returns its trace; a broken promise throws <see cref="BrokenPromiseException"/>.
/// </summary>
internal sealed class SimulatedRun
{
    private const long MostSteps = 2_000_000;

    private readonly Random random;
    private readonly SimulatedRuntime runtime;
    private readonly Oracle oracle;
    private readonly RunPlan plan;
    private readonly Tenants tenants;
    private readonly DiskBay disks;
    private readonly CreditCheck credit;
    private SimulatedProcess process;
    private bool isFinishing;
    private bool isDrained;
    private PoolStatus? lastStatus;

    internal SimulatedRun(int seed, Trace trace)
    {
        runtime = new SimulatedRuntime(seed);
        random = runtime.Random;
        oracle = new Oracle(runtime, trace);
        plan = new RunPlan(random);
        disks = new DiskBay(oracle, plan, random, runtime.Time);
        credit = new CreditCheck(oracle);
        process = new SimulatedProcess(oracle, plan, runtime);
        tenants = new Tenants(oracle, plan, random, new RequestSource(oracle, plan, random))
        {
            Process = process,
            Meddle = Meddle,
        };
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
        tenants.Poll();
        if (oracle.IsEnding)
        {
            OutliveService();
        }

        tenants.Part();
        disks.AttachWhatIsAbsent(process);
        disks.CheckCallers();
    }

    /// <summary>Lets so much happen, if there is so much.</summary>
    private void Let(long steps)
    {
        while (steps-- > 0 && runtime.Step())
        {
            credit.Check(process.Service.Counters);
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
        oracle.Saw(deed);
        switch (deed)
        {
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
                AskStatus();
                break;
            case Deed.AskStatistics:
                AskStatistics();
                break;
            case Deed.AskExtents:
                tenants.AskExtents();
                break;
            case Deed.EndService:
                EndService();
                break;
            case Deed.Crash:
                Crash();
                break;
            default:
                tenants.Do(deed);
                break;
        }
    }

    /// <summary>By who hears of an outcome, there and then.</summary>
    private void Meddle(Meddling meddling)
    {
        if (oracle.IsEnding)
        {
            return;
        }

        if (meddling == Meddling.Detach)
        {
            disks.WithServing(disk => disks.Detach(disk, process));
        }
        else if (plan.MayEndService && !isFinishing)
        {
            EndService();
        }
    }

    /// <summary>The supervisor dies, or all of the actor system ends, and with it the service.</summary>
    private void EndService()
    {
        oracle.Note("the service dies");
        oracle.End();
        tenants.Cut();
        disks.AllGone();
        process.End(random);
    }

    /// <summary>What the service had in flight ends, and another begins.</summary>
    private void OutliveService()
    {
        LetAllHappen();
        Unstick();
        CheckOutcomes();
        disks.CheckClosed(process);
        tenants.Release();
        disks.Vacate();
        BeginAnew();
    }

    private void BeginAnew()
    {
        process.Abandon();
        tenants.Forget();
        oracle.BeginAnew();
        process = new SimulatedProcess(oracle, plan, runtime);
        tenants.Process = process;
    }

    private void Crash()
    {
        oracle.Note("everything dies");
        runtime.Crash();
        disks.Crash();
        BeginAnew();
    }

    private void Drain()
    {
        oracle.Note("the service drains");
        oracle.End();
        disks.AllGone();
        process.Supervisor.Tell(DrainService.Instance, process.NewEar(message =>
        {
            isDrained = message is ServiceDrained;
            disks.CheckDrained();
        }));
    }

    private void AskStatus() => process.Supervisor.Tell(
        GetPoolStatus.Instance, process.NewEar(message => Check((PoolStatus)message)));

    private void AskStatistics() => process.Call(
        service => service.GetStatisticsAsync(),
        (statistics, _) =>
        {
            foreach (var lease in statistics?.Leases ?? [])
            {
                oracle.Require(
                    lease.PagesInFlight <= lease.Credit, $"{lease.PagesInFlight} pages are in I/O of {lease}");
            }
        });

    private void Check(PoolStatus status)
    {
        lastStatus = status;
        oracle.Require(
            status.Free + status.Leased + status.Draining + status.Quarantined == status.Total
                && status.Total <= plan.MostPages,
            $"the pool says {status}");
    }

    private void Finish()
    {
        isFinishing = true;
        LetAllHappen();
        AskStatus();
        LetAllHappen();
        CheckNothingWaits(lastStatus!);
        CheckNoGetWaits(lastStatus!);
        credit.CheckAtRest(process.Service.Counters, tenants, AvailableBy(lastStatus!));
        var isSudden = random.Next(2) == 0;
        if (isSudden)
        {
            Drain();
            Let(random.Next(plan.Burst + 1));
            tenants.TryPutAll();
        }

        Unstick();
        CheckOutcomes();
        while (tenants.TryPutAll())
        {
            LetAllHappen();
        }

        if (!isSudden)
        {
            AskStatus();
            LetAllHappen();
            oracle.Require(lastStatus is { Leases: 0 }, $"all leases were put back: {lastStatus}");
            Drain();
        }

        LetAllHappen();
        oracle.Require(isDrained, $"the service does not drain");
        AskStatus();
        LetAllHappen();
        oracle.Require(
            lastStatus is { Leased: 0, Draining: 0, Quarantined: 0, Leases: 0, Waiting: 0 },
            $"at the end: {lastStatus}");
        tenants.CheckEnded();
        var end = process.ShutDown();
        LetAllHappen();
        oracle.Require(end.IsCompletedSuccessfully && process.HasEnded, $"the actor system ends as {end.Status}");
        disks.CheckClosed(process);
        tenants.Release();
        disks.CheckContent();
        oracle.Returned.Check();
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
        tenants.CheckAnswered();
        foreach (var request in oracle.Outstanding)
        {
            oracle.Require(request.Lease.MayLoseRequests, $"{request} of {request.Lease} got no outcome");
        }
    }

    /// <summary>Until nothing happens any more by itself.</summary>
    private void LetAllHappen()
    {
        var end = runtime.Steps + MostSteps;
        do
        {
            Let(MostSteps);
            tenants.Poll();
            disks.AttachWhatIsAbsent(process, isPatient: true);
            oracle.Require(runtime.Steps < end, $"after {MostSteps} steps there is still something to do");
        }
        while (!runtime.IsIdle);
    }

    /// <summary>The first that waits for pages gets them when there are enough.</summary>
    private void CheckNoGetWaits(PoolStatus status)
    {
        var available = AvailableBy(status);
        oracle.Require(
            status.Waiting == 0 || tenants.LargestWaiting > available,
            $"{status.Waiting} wait for at most {tenants.LargestWaiting} pages, and {available} are free");
    }

    private int AvailableBy(PoolStatus status) =>
        plan.MostPages - status.Leased - status.Draining - status.Quarantined;

    /// <summary>No request waits for ever while its devices answer. One that has no outcome names a stuck device, or
    /// overlaps one that did not end (R20), or waits for credit which stuck devices have and the pool can not
    /// lend.</summary>
    private void CheckNothingWaits(PoolStatus status)
    {
        var stuck = disks.StuckNames();
        bool NamesStuck(SimulatedRequest request) =>
            request.Message.Regions.Any(region => stuck.Contains(region.Device));
        var unfinished = oracle.Outstanding.Concat(tenants.Held).Where(request => !request.IsBad).ToList();
        foreach (var request in oracle.Outstanding.Where(request => !request.Lease.MayLoseRequests))
        {
            oracle.Require(
                request.Message.Deadline is null || request.IsBad,
                $"{request} has no outcome, long after its deadline");
            oracle.Require(
                NamesStuck(request)
                    || unfinished.Exists(other => other != request && RequestSights.Meet(request.Message, other))
                    || (AvailableBy(status) == 0 && unfinished.Exists(
                        other => other.Lease == request.Lease && NamesStuck(other))),
                $"{request} waits for ever, and not for a stuck device, with {AvailableBy(status)} pages free; "
                    + $"{CreditCheck.Describe(process.Service.Counters, request.Lease)}");
        }
    }
}
