using System.Collections.Concurrent;

namespace DmIo.Simulation;

/// <summary>Runs seeds in parallel, and shortens failing runs.</summary>
internal static class SeedSearch
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    /// <summary>The exception of a failing run; null: no failure. A run that does not end prints a warning.</summary>
    internal static Exception? Try(int seed, int steps, Trace trace)
    {
        using var reminder = new Timer(
            _ => Console.Error.WriteLine($"seed {seed}, {steps} steps: not ended after {Long}"),
            state: null,
            dueTime: Long,
            period: Long);
        try
        {
            SimulatedRun.Do(seed, steps, trace);
            return null;
        }
        catch (Exception failure)
        {
            // Any exception is a finding, including those of the service.
            return failure;
        }
    }

    /// <summary>The lowest failing seed; null: none fails.</summary>
    internal static int? FirstFailing(int first, int seeds, int steps)
    {
        var failure = long.MaxValue;
        ForEach(first, seeds, seed =>
        {
            if (seed < Interlocked.Read(ref failure) && Try(seed, steps, new Trace(isKept: false)) is not null)
            {
                InterlockedMin(ref failure, seed);
            }
        });
        return failure == long.MaxValue ? null : (int)failure;
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

    /// <summary>The fewest steps with which the seed fails. The first steps of a run do not depend on the number of
    /// steps.</summary>
    internal static int ShortestFailing(int seed, int steps)
    {
        var shorter = 0;
        while (shorter < steps && Try(seed, shorter, new Trace(isKept: false)) is null)
        {
            shorter++;
        }

        return shorter;
    }

    /// <summary>Uses dedicated threads, since each run blocks one.</summary>
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
