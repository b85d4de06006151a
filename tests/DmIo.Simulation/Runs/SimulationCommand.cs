using System.CommandLine;

namespace DmIo.Simulation;

/// <summary><c>--seeds N --steps N</c>: runs N seeds; for the first that fails, shows the shortest run that still
/// fails. <c>--seed N</c>: runs this seed alone and prints its trace. <c>--fingerprints</c>: prints a fingerprint of
/// each run, to compare the runs of two processes.</summary>
internal static class SimulationCommand
{
    internal static RootCommand Create()
    {
        var seeds = new Option<int>("--seeds")
        {
            Description = "The number of seeds.",
            DefaultValueFactory = _ => 100,
        };
        var steps = new Option<int>("--steps")
        {
            Description = "Actions of clients and environment in each run.",
            DefaultValueFactory = _ => 1000,
        };
        var first = new Option<int?>("--first") { Description = "The first seed; random by default." };
        var one = new Option<int?>("--seed") { Description = "Run this seed alone and print its trace." };
        var fingerprints = new Option<bool>("--fingerprints") { Description = "Print the fingerprint of each run." };
        var command = new RootCommand("The whole service under seeded schedules and faults, one thread per run.")
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
        var failure = SeedSearch.Try(seed, steps, trace);
        foreach (var line in trace.Lines)
        {
            output.WriteLine(line);
        }

        var outcome = failure switch
        {
            null => $"no violation; fingerprint {trace.Fingerprint:x16}",
            GuaranteeViolationException => failure.Message,
            _ => $"{failure}",
        };
        output.WriteLine($"seed {seed}, {steps} steps: {outcome}");
        return failure is null ? 0 : 1;
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
        if (SeedSearch.FirstFailing(first, seeds, steps) is not { } seed)
        {
            output.WriteLine($"{seeds} seeds: no violation");
            return 0;
        }

        output.WriteLine($"seed {seed} fails; searching for the shortest run that fails");
        return Show(seed, SeedSearch.ShortestFailing(seed, steps), output);
    }
}
