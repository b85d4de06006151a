using DmIo.TestKit.Simulation;
using static DmIo.Actors.Protocol.DrainProtocol;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Simulation;

/// <summary>
/// One run from one seed: the service with its clients, disks and faults, on one thread, checked after every step. A
/// violated guarantee throws <see cref="GuaranteeViolationException"/>.
/// </summary>
internal sealed class SimulatedRun
{
    private const long MaxSteps = 2_000_000;

    private readonly Random random;
    private readonly SimulatedRuntime runtime;
    private readonly Oracle oracle;
    private readonly RunPlan plan;
    private readonly Workload workload;
    private readonly DiskSet disks;
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
        disks = new DiskSet(oracle, plan, random, runtime.Time);
        credit = new CreditCheck(oracle);
        process = new SimulatedProcess(oracle, plan, runtime);
        workload = new Workload(oracle, plan, random, new RequestSource(oracle, plan, random))
        {
            Process = process,
            React = React,
        };
    }

    /// <summary>Runs one seed to its end.</summary>
    /// <param name="seed">The seed, which determines the run.</param>
    /// <param name="steps">The number of actions of clients and environment.</param>
    /// <param name="trace">Receives the events.</param>
    internal static void Do(int seed, int steps, Trace trace)
    {
        // Continuations must run in the simulation, not in the synchronization context of a test framework.
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
        RunSteps(random.Next(plan.Burst + 1));
        workload.Poll();
        if (oracle.IsEnding)
        {
            ReplaceService();
        }

        workload.RemoveFinished();
        disks.AttachAbsent(process);
        disks.CheckCallers();
    }

    /// <summary>Runs at most this number of steps of the runtime.</summary>
    private void RunSteps(long steps)
    {
        while (steps-- > 0 && runtime.Step())
        {
            credit.Check(process.Service.Counters);
            CheckQueues();
            ThrowIfBroken();
        }

        ThrowIfBroken();
    }

    /// <summary>Checks each device's queue, with its conflict map and interval tree. The page pool and the credit of
    /// the leases check their own invariants after each change.</summary>
    private void CheckQueues()
    {
        foreach (var device in process.Service.Counters.Devices)
        {
            device.Queue?.CheckInvariants();
        }
    }

    /// <summary>Throws here and not where the violation is found, which may be in an actor's turn, where it would be
    /// caught.</summary>
    private void ThrowIfBroken()
    {
        if (oracle.Failure is { } failure)
        {
            throw new GuaranteeViolationException(failure);
        }
    }

    private void Do(StepKind kind)
    {
        oracle.Cover(kind);
        switch (kind)
        {
            case StepKind.KillDevice:
                disks.ForRandomServing(disk => disks.KillActor(disk, process));
                break;
            case StepKind.Detach:
                disks.ForRandomServing(disk => disks.Detach(disk, process));
                break;
            case StepKind.Release:
                disks.ForRandomServing(disk => disk.Device!.ReleaseHung());
                break;
            case StepKind.AskStatus:
                AskStatus();
                break;
            case StepKind.AskStatistics:
                AskStatistics();
                break;
            case StepKind.AskExtents:
                workload.AskExtents();
                break;
            case StepKind.EndService:
                EndService();
                break;
            case StepKind.Crash:
                Crash();
                break;
            default:
                workload.Do(kind);
                break;
        }
    }

    /// <summary>A caller's reaction within the call that reports its outcome.</summary>
    private void React(Reaction reaction)
    {
        if (oracle.IsEnding)
        {
            return;
        }

        if (reaction == Reaction.Detach)
        {
            disks.ForRandomServing(disk => disks.Detach(disk, process));
        }
        else if (plan.MayEndService && !isFinishing)
        {
            EndService();
        }
    }

    /// <summary>Ends the service: its supervisor or the whole actor system.</summary>
    private void EndService()
    {
        oracle.Note("the service ends");
        oracle.End();
        workload.OnKilled();
        disks.AllGone();
        process.End(random);
    }

    /// <summary>Waits until the service has ended its I/O, and starts another.</summary>
    private void ReplaceService()
    {
        RunUntilIdle();
        ReleaseHung();
        CheckOutcomes();
        disks.CheckClosed(process);
        workload.Release();
        disks.MarkAbsent();
        Restart();
    }

    private void Restart()
    {
        process.Abandon();
        workload.Forget();
        oracle.Restart();
        process = new SimulatedProcess(oracle, plan, runtime);
        workload.Process = process;
    }

    private void Crash()
    {
        oracle.Note("crash");
        runtime.Crash();
        disks.Crash();
        Restart();
    }

    private void Drain()
    {
        oracle.Note("the service drains");
        oracle.End();
        disks.AllGone();
        process.Supervisor.Tell(DrainService.Instance, process.NewReceiver(message =>
        {
            isDrained = message is ServiceDrained;
            disks.CheckDrained();
        }));
    }

    private void AskStatus() => process.Supervisor.Tell(
        GetPoolStatus.Instance, process.NewReceiver(message => Check((PoolStatus)message)));

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
                && status.Total <= plan.MaxPages,
            $"invalid status of the pool: {status}");
    }

    private void Finish()
    {
        isFinishing = true;
        RunUntilIdle();
        AskStatus();
        RunUntilIdle();
        CheckNothingWaits(lastStatus!);
        CheckNoGetWaits(lastStatus!);
        credit.CheckIdle(process.Service.Counters, workload, AvailableBy(lastStatus!));
        var isDrainedEarly = random.Next(2) == 0;
        if (isDrainedEarly)
        {
            Drain();
            RunSteps(random.Next(plan.Burst + 1));
            workload.TryPutAll();
        }

        ReleaseHung();
        CheckOutcomes();
        while (workload.TryPutAll())
        {
            RunUntilIdle();
        }

        if (!isDrainedEarly)
        {
            AskStatus();
            RunUntilIdle();
            oracle.Require(lastStatus is { Leases: 0 }, $"leases are left after all were put: {lastStatus}");
            Drain();
        }

        RunUntilIdle();
        oracle.Require(isDrained, $"the service has not drained");
        AskStatus();
        RunUntilIdle();
        oracle.Require(
            lastStatus is { Leased: 0, Draining: 0, Quarantined: 0, Leases: 0, Waiting: 0 },
            $"pages or leases are left after the drain: {lastStatus}");
        workload.CheckEnded();
        var end = process.ShutDown();
        RunUntilIdle();
        oracle.Require(
            end.IsCompletedSuccessfully && process.HasEnded, $"the actor system has not terminated: {end.Status}");
        disks.CheckClosed(process);
        workload.Release();
        disks.CheckContent();
        oracle.Returned.Check();
        ThrowIfBroken();
    }

    /// <summary>Completes all hung calls, also those that hang later.</summary>
    private void ReleaseHung()
    {
        disks.StopFaults();
        RunUntilIdle();
    }

    private void CheckOutcomes()
    {
        workload.CheckAnswered();
        foreach (var request in oracle.Outstanding)
        {
            oracle.Require(request.Lease.MayLoseRequests, $"{request} of {request.Lease} has no outcome");
        }
    }

    /// <summary>Runs until no step is left.</summary>
    private void RunUntilIdle()
    {
        var end = runtime.Steps + MaxSteps;
        do
        {
            RunSteps(MaxSteps);
            workload.Poll();
            disks.AttachAbsent(process, waitsForClose: true);
            oracle.Require(runtime.Steps < end, $"not idle after {MaxSteps} steps");
        }
        while (!runtime.IsIdle);
    }

    /// <summary>Checks that the first waiting Get is granted as soon as the pool has enough pages.</summary>
    private void CheckNoGetWaits(PoolStatus status)
    {
        var available = AvailableBy(status);
        oracle.Require(
            status.Waiting == 0 || workload.LargestWaiting > available,
            $"{status.Waiting} Gets wait for at most {workload.LargestWaiting} pages, but {available} are free");
    }

    private int AvailableBy(PoolStatus status) =>
        plan.MaxPages - status.Leased - status.Draining - status.Quarantined;

    /// <summary>Checks that requests wait only for hung devices. A request without an outcome names a hung device,
    /// overlaps an unfinished request (R20), or waits for credit that hung devices hold and the pool cannot
    /// lend.</summary>
    private void CheckNothingWaits(PoolStatus status)
    {
        var hung = disks.HungNames();
        bool NamesHung(SimulatedRequest request) =>
            request.Message.Regions.Any(region => hung.Contains(region.Device));
        var unfinished = oracle.Outstanding.Concat(workload.Held).Where(request => !request.IsBad).ToList();
        foreach (var request in oracle.Outstanding.Where(request => !request.Lease.MayLoseRequests))
        {
            oracle.Require(
                request.Message.Deadline is null || request.IsBad,
                $"{request} has no outcome, long after its deadline");
            oracle.Require(
                NamesHung(request)
                    || unfinished.Exists(other => other != request && RequestTraits.Overlap(request.Message, other))
                    || (AvailableBy(status) == 0 && unfinished.Exists(
                        other => other.Lease == request.Lease && NamesHung(other))),
                $"{request} waits, but not for a hung device, with {AvailableBy(status)} pages free; "
                    + $"{CreditCheck.Describe(process.Service.Counters, request.Lease)}");
        }
    }
}
