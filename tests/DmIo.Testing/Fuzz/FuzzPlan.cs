using System.Globalization;

namespace DmIo.Testing.Fuzz;

/// <summary>
/// How many cases, and from which seed: case n of a run has the seed of the run plus n, so that one case alone can be
/// run again (<c>DMIO_FUZZ_SEED=17 DMIO_FUZZ_CASES=1</c>). Without a seed it is one that was never tried.
/// </summary>
internal static class FuzzPlan
{
    internal static int Cases { get; } = Read("DMIO_FUZZ_CASES") ?? 150;

    /// <summary>Cases that run at the same time.</summary>
    internal const int AtOnce = 8;

    internal static int NewSeed() => Read("DMIO_FUZZ_SEED") ?? Random.Shared.Next(1_000_000_000);

    /// <summary>Runs the cases, a few at a time; the first that fails is the failure, with its seed.</summary>
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

/// <summary>A case went wrong; its seed runs it again.</summary>
internal sealed class FuzzCaseException(int seed, Exception fault)
    : Exception($"DMIO_FUZZ_SEED={seed} DMIO_FUZZ_CASES=1: {fault.Message}", fault);
