using Akka.Configuration;

namespace DmIo.Simulation;

/// <summary>
/// The parameters of one run, drawn from its seed. Runs differ in their mix of events, so that combinations that are
/// rare on average are frequent in some runs.
/// </summary>
internal sealed class RunPlan
{
    private readonly double[] weights;

    internal RunPlan(Random random)
    {
        Throughput = random.Next(3) == 0 ? 30 : 1;
        Burst = 1 << random.Next(7);
        MaxPages = random.Next(8, 65);
        MaxLeasePages = random.Next(1, 13);
        MaxRegionSectors = random.Next(4) == 0 ? 48 : 12;
        FaultChance = random.Next(3) == 0 ? 0 : random.NextDouble() * 0.1;
        HasSilentFaults = random.Next(6) == 0;
        DeadlineChance = random.Next(3) == 0 ? 0.6 : 0.15;
        SlowAfter = TimeSpan.FromMilliseconds(random.Next(3) switch { 0 => 1, 1 => random.Next(100), _ => 1000 });
        Config = DrawConfig(random);
        Devices = [.. Enumerable.Range(0, random.Next(1, 5)).Select(index => new DevicePlan(random, index))];
        HungDevice = random.Next(2) == 0 ? Devices[random.Next(Devices.Count)].Name : null;
        EdgeChance = random.Next(3) == 0 ? 0.5 : 0.1;
        ReactionChance = random.Next(2) == 0 ? 0 : 0.03;
        weights = [.. Enum.GetValues<StepKind>().Select(kind => Weight(kind, random))];
    }

    /// <summary>Messages that an actor processes per turn.</summary>
    internal int Throughput { get; }

    /// <summary>The maximum number of dispatcher steps between two actions.</summary>
    internal int Burst { get; }

    internal int MaxPages { get; }

    internal int MaxLeasePages { get; }

    internal int MaxRegionSectors { get; }

    /// <summary>The probability that a call to a device fails.</summary>
    internal double FaultChance { get; }

    /// <summary>Devices may report success and do something else.</summary>
    internal bool HasSilentFaults { get; }

    /// <summary>The probability that a request has a deadline.</summary>
    internal double DeadlineChance { get; }

    /// <summary>The <c>slow-after</c> setting: the age of an operation above which its device is slow.</summary>
    internal TimeSpan SlowAfter { get; }

    /// <summary>The device where many calls hang; null: none.</summary>
    internal string? HungDevice { get; }

    /// <summary>The probability that a write keeps bytes at its edges.</summary>
    internal double EdgeChance { get; }

    /// <summary>The probability that a caller reacts to an outcome within the call.</summary>
    internal double ReactionChance { get; }

    /// <summary>The service may end before the run does.</summary>
    internal bool MayEndService => weights[(int)StepKind.EndService] > 0;

    /// <summary>The configuration of the actor system.</summary>
    internal Config Config { get; }

    internal IReadOnlyList<DevicePlan> Devices { get; }

    internal StepKind Draw(Random random)
    {
        var at = random.NextDouble() * weights.Sum();
        for (var index = 0; index < weights.Length; index++)
        {
            at -= weights[index];
            if (at < 0)
            {
                return (StepKind)index;
            }
        }

        return StepKind.Send;
    }

    /// <summary>The dispatcher is the service's default or one from the configuration.</summary>
    private Config DrawConfig(Random random) => ConfigurationFactory.ParseString($$"""
        akka {
          loglevel = ERROR
          coordinated-shutdown.run-by-actor-system-terminate = off
          actor.default-dispatcher.throughput = {{Throughput}}
        }
        simulation-dispatcher {
          type = Dispatcher
          throughput = {{Throughput}}
        }
        dmio {
          pool.max-pages = {{MaxPages}}
          pool.slab-pages = {{random.Next(1, 17)}}
          device-defaults.slow-after = {{SlowAfter.TotalMilliseconds}}ms
          {{(random.Next(2) == 0 ? "dispatcher = simulation-dispatcher" : "")}}
        }
        """);

    /// <summary>Each kind is absent from some runs and frequent in others.</summary>
    private static double Weight(StepKind kind, Random random) => kind switch
    {
        StepKind.Send => 60,
        StepKind.Open => 6,
        StepKind.Put => 2,
        StepKind.Crash or StepKind.EndService or StepKind.KillDevice or StepKind.KillRequests or StepKind.KillOwner =>
            random.Next(3) == 0 ? 0.3 : 0,
        StepKind.Detach => random.Next(2) == 0 ? 1 : 0,
        _ => random.NextDouble() * 2,
    };
}

/// <summary>The actions of clients and of the environment.</summary>
internal enum StepKind
{
    Send,
    SendBad,
    Open,
    Put,
    PutInvalid,
    Cancel,
    KillOwner,
    KillRequests,
    KillDevice,
    Detach,
    Release,
    AskStatus,
    AskStatistics,
    AskExtents,
    EndService,
    Crash,
}
