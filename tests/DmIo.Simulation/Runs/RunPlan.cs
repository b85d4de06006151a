using Akka.Configuration;

namespace DmIo.Simulation;

/// <summary>
/// What one run is like, drawn from its seed: runs differ in kind, not only in luck, so that also what is rare when
/// everything happens is frequent somewhere.
/// </summary>
internal sealed class RunPlan
{
    private readonly double[] weights;

    internal RunPlan(Random random)
    {
        Throughput = random.Next(3) == 0 ? 30 : 1;
        Burst = 1 << random.Next(7);
        MostPages = random.Next(8, 65);
        MostLeasePages = random.Next(1, 13);
        MostRegionSectors = random.Next(4) == 0 ? 48 : 12;
        FaultChance = random.Next(3) == 0 ? 0 : random.NextDouble() * 0.1;
        LiesHappen = random.Next(6) == 0;
        DeadlineChance = random.Next(3) == 0 ? 0.6 : 0.15;
        SlowAfter = TimeSpan.FromMilliseconds(random.Next(3) switch { 0 => 1, 1 => random.Next(100), _ => 1000 });
        Config = DrawConfig(random);
        Devices = [.. Enumerable.Range(0, random.Next(1, 5)).Select(index => new DevicePlan(random, index))];
        HungDevice = random.Next(2) == 0 ? Devices[random.Next(Devices.Count)].Name : null;
        EdgeChance = random.Next(3) == 0 ? 0.5 : 0.1;
        MeddlingChance = random.Next(2) == 0 ? 0 : 0.03;
        weights = [.. Enum.GetValues<Deed>().Select(deed => Weight(deed, random))];
    }

    /// <summary>Messages that an actor takes at a time.</summary>
    internal int Throughput { get; }

    /// <summary>Steps of the service between two deeds, at most.</summary>
    internal int Burst { get; }

    internal int MostPages { get; }

    internal int MostLeasePages { get; }

    internal int MostRegionSectors { get; }

    /// <summary>Of a call to a device.</summary>
    internal double FaultChance { get; }

    /// <summary>Devices may say that something is done, and do something else.</summary>
    internal bool LiesHappen { get; }

    /// <summary>Of a request.</summary>
    internal double DeadlineChance { get; }

    /// <summary>The age of a device's oldest operation above which requests for other devices pass those for
    /// it.</summary>
    internal TimeSpan SlowAfter { get; }

    /// <summary>The device where many calls get stuck; null: none.</summary>
    internal string? HungDevice { get; }

    /// <summary>That a write keeps something of its ends.</summary>
    internal double EdgeChance { get; }

    /// <summary>That who hears of an outcome does something there and then.</summary>
    internal double MeddlingChance { get; }

    /// <summary>The service may die before the run's end.</summary>
    internal bool MayEndService => weights[(int)Deed.EndService] > 0;

    /// <summary>Of the actor system.</summary>
    internal Config Config { get; }

    internal IReadOnlyList<DevicePlan> Devices { get; }

    internal Deed Draw(Random random)
    {
        var at = random.NextDouble() * weights.Sum();
        for (var index = 0; index < weights.Length; index++)
        {
            at -= weights[index];
            if (at < 0)
            {
                return (Deed)index;
            }
        }

        return Deed.Send;
    }

    /// <summary>The dispatcher is the service's own, or that of the configuration's defaults.</summary>
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
          pool.max-pages = {{MostPages}}
          pool.slab-pages = {{random.Next(1, 17)}}
          device-defaults.slow-after = {{SlowAfter.TotalMilliseconds}}ms
          {{(random.Next(2) == 0 ? "dispatcher = simulation-dispatcher" : "")}}
        }
        """);

    /// <summary>Each deed is left out of some runs, and frequent in others.</summary>
    private static double Weight(Deed deed, Random random) => deed switch
    {
        Deed.Send => 60,
        Deed.Open => 6,
        Deed.Put => 2,
        Deed.Crash or Deed.EndService or Deed.KillDevice or Deed.KillRequests or Deed.KillOwner =>
            random.Next(3) == 0 ? 0.3 : 0,
        Deed.Detach => random.Next(2) == 0 ? 1 : 0,
        _ => random.NextDouble() * 2,
    };
}

/// <summary>What the clients and the world do to the service.</summary>
internal enum Deed
{
    Send,
    SendBad,
    Open,
    Put,
    PutWrongly,
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
