using System.CommandLine;

namespace DmIo.Simulation;

/// <summary><c>--seeds N --steps N</c>: runs so many seeds, and for the first that breaks a promise shows the shortest
/// run that still does. <c>--seed N</c>: that one alone, with all that happens in it. <c>--fingerprints</c>: prints a
/// fingerprint of each run, by which the runs of two processes are compared.</summary>
internal static class SimulationCommand
{
    internal static RootCommand Create()
    {
        var seeds = new Option<int>("--seeds")
        {
            Description = "How many seeds to run.",
            DefaultValueFactory = _ => 100,
        };
        var steps = new Option<int>("--steps")
        {
            Description = "Deeds of clients and accidents in each run.",
            DefaultValueFactory = _ => 1000,
        };
        var first = new Option<int?>("--first") { Description = "The first seed; a random one where left out." };
        var one = new Option<int?>("--seed") { Description = "This seed alone, with its trace." };
        var fingerprints = new Option<bool>("--fingerprints") { Description = "Print one for each seed." };
        var command = new RootCommand("The whole service under seeded schedules and faults, one thread to each run.")
        {
            seeds, steps, first, one, fingerprints,
        };
        command.SetAction(parsed =>
        {
            var output = parsed.InvocationConfiguration.Output;
            var (from, count, length) = (
                parsed.GetValue(first) ?? Random.Shared.Next(), parsed.GetValue(seeds), parsed.GetValue(steps));
            return parsed.GetValue(one) is { } seed ? Show(seed, length, output)
                : parsed.GetValue(fingerprints) ? Print(from, count, length, output)
                : Search(from, count, length, output);
        });
        return command;
    }

    private static int Show(int seed, int steps, TextWriter output)
    {
        var trace = new Trace(isKept: true);
        var broken = SeedSearch.Try(seed, steps, trace);
        foreach (var line in trace.Lines)
        {
            output.WriteLine(line);
        }

        var outcome = broken switch
        {
            null => $"every promise was kept; fingerprint {trace.Fingerprint:x16}",
            BrokenPromiseException => broken.Message,
            _ => $"{broken}",
        };
        output.WriteLine($"seed {seed}, {steps} steps: {outcome}");
        return broken is null ? 0 : 1;
    }

    private static int Print(int first, int seeds, int steps, TextWriter output)
    {
        foreach (var (seed, fingerprint) in SeedSearch.Fingerprints(first, seeds, steps))
        {
            output.WriteLine($"{seed} {fingerprint:x16}");
        }

        return 0;
    }

    private static int Search(int first, int seeds, int steps, TextWriter output)
    {
        output.WriteLine($"seeds {first} to {first + seeds - 1L}, {steps} steps each");
        if (SeedSearch.FirstBroken(first, seeds, steps) is not { } seed)
        {
            output.WriteLine($"{seeds} seeds: every promise was kept");
            return 0;
        }

        output.WriteLine($"seed {seed} breaks a promise; looking for the shortest run that does");
        return Show(seed, SeedSearch.ShortestBroken(seed, steps), output);
    }
}
