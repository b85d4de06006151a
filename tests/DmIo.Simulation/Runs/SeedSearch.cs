using System.Collections.Concurrent;

namespace DmIo.Simulation;

/// <summary>Runs seeds, as many at a time as there are processors, and makes what fails short.</summary>
internal static class SeedSearch
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    /// <summary>The promise that the run breaks; null: none. One that goes on for ever at least says so.</summary>
    internal static Exception? Try(int seed, int steps, Trace trace)
    {
        using var reminder = new Timer(
            _ => Console.Error.WriteLine($"seed {seed}, {steps} steps: after {Long} it has not ended"),
            state: null,
            dueTime: Long,
            period: Long);
        try
        {
            SimulatedRun.Do(seed, steps, trace);
            return null;
        }
        catch (Exception broken)
        {
            // Whatever it is: also what the service throws where it should not.
            return broken;
        }
    }

    /// <summary>The lowest of the seeds that breaks a promise; null: none does.</summary>
    internal static int? FirstBroken(int first, int seeds, int steps)
    {
        var broken = long.MaxValue;
        ForEach(first, seeds, seed =>
        {
            if (seed < Interlocked.Read(ref broken) && Try(seed, steps, new Trace(isKept: false)) is not null)
            {
                InterlockedMin(ref broken, seed);
            }
        });
        return broken == long.MaxValue ? null : (int)broken;
    }

    /// <summary>The fingerprint of each seed's run, in the order of the seeds.</summary>
    internal static IEnumerable<(int Seed, ulong Fingerprint)> Fingerprints(int first, int seeds, int steps)
    {
        var found = new ConcurrentDictionary<int, ulong>();
        ForEach(first, seeds, seed =>
        {
            var trace = new Trace(isKept: false);
            Try(seed, steps, trace);
            found[seed] = trace.Fingerprint;
        });
        return found.OrderBy(one => one.Key).Select(one => (one.Key, one.Value));
    }

    /// <summary>The fewest steps with which the seed still breaks a promise: its first steps are the same, however many
    /// follow.</summary>
    internal static int ShortestBroken(int seed, int steps)
    {
        var shorter = 0;
        while (shorter < steps && Try(seed, shorter, new Trace(isKept: false)) is null)
        {
            shorter++;
        }

        return shorter;
    }

    /// <summary>On threads of its own, since each run blocks one.</summary>
    private static void ForEach(int first, int seeds, Action<int> run)
    {
        var next = first - 1L;
        var workers = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(() =>
        {
            for (var seed = Interlocked.Increment(ref next);
                seed < first + (long)seeds;
                seed = Interlocked.Increment(ref next))
            {
                run((int)seed);
            }
        })).ToList();
        workers.ForEach(worker => worker.Start());
        workers.ForEach(worker => worker.Join());
    }

    private static void InterlockedMin(ref long target, long value)
    {
        var seen = Interlocked.Read(ref target);
        while (value < seen && Interlocked.CompareExchange(ref target, value, seen) is var now && now != seen)
        {
            seen = now;
        }
    }
}
