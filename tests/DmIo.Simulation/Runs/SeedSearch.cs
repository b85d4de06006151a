namespace DmIo.Simulation;

/// <summary>Runs seeds, as many at a time as there are processors, and makes what fails short.</summary>
internal static class SeedSearch
{
    /// <summary>The promise that the run breaks; null: none.</summary>
    internal static Exception? Try(int seed, int steps, Trace trace)
    {
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
        var next = first - 1L;
        var workers = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(() =>
        {
            for (var seed = Interlocked.Increment(ref next);
                 seed < (long)first + seeds && seed < Interlocked.Read(ref broken);
                 seed = Interlocked.Increment(ref next))
            {
                if (Try((int)seed, steps, new Trace(isKept: false)) is { } e)
                {
                    Console.WriteLine($"{seed} {e}");
                    InterlockedMin(ref broken, seed);
                }
            }
        })).ToList();
        workers.ForEach(worker => worker.Start());
        workers.ForEach(worker => worker.Join());
        return broken == long.MaxValue ? null : (int)broken;
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

    private static void InterlockedMin(ref long value, long candidate)
    {
        for (var seen = Interlocked.Read(ref value); candidate < seen;)
        {
            var found = Interlocked.CompareExchange(ref value, candidate, seen);
            if (found == seen)
            {
                return;
            }

            seen = found;
        }
    }
}
