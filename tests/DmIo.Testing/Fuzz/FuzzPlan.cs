using System.Globalization;

namespace DmIo.Testing.Fuzz;

/// <summary>
/// The number of cases and the first seed: case n of a run has the seed of the run plus n, so that a single case can be
/// repeated (<c>DMIO_FUZZ_SEED=17 DMIO_FUZZ_CASES=1</c>). The default seed is random.
/// </summary>
internal static class FuzzPlan
{
    internal static int Cases { get; } = Read("DMIO_FUZZ_CASES") ?? 150;

    /// <summary>The number of concurrent cases.</summary>
    internal const int AtOnce = 8;

    internal static int NewSeed() => Read("DMIO_FUZZ_SEED") ?? Random.Shared.Next(1_000_000_000);

    /// <summary>Runs the cases, a few at a time; the first failure is thrown with its seed.</summary>
    internal static Task RunAsync(int seed, Func<Random, Task> run) => Parallel.ForEachAsync(
        Enumerable.Range(seed, Cases),
        new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
        async (one, _) =>
        {
            try
            {
                await run(new Random(one)).ConfigureAwait(false);
            }
            catch (Exception fault)
            {
                throw new FuzzCaseException(one, fault);
            }
        });

    private static int? Read(string name) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value)
            ? value : null;
}

/// <summary>A case has failed; its seed repeats it.</summary>
internal sealed class FuzzCaseException(int seed, Exception fault)
    : Exception($"DMIO_FUZZ_SEED={seed} DMIO_FUZZ_CASES=1: {fault.Message}", fault);
