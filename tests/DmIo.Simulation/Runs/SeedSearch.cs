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
        var gate = new Lock();
        var broken = long.MaxValue;
        var next = (long)first;
        long? Take()
        {
            lock (gate)
            {
                return next < first + (long)seeds && next < broken ? next++ : null;
            }
        }

        var workers = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(() =>
        {
            while (Take() is { } seed)
            {
                if (Try((int)seed, steps, new Trace(isKept: false)) is not null)
                {
                    lock (gate)
                    {
                        broken = Math.Min(broken, seed);
                    }
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
}
