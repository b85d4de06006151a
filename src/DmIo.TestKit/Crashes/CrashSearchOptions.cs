namespace DmIo.TestKit.Crashes;

/// <summary>The options of a <see cref="WriteLogReplayer"/>'s search for a crash that breaks an invariant.</summary>
public sealed record CrashSearchOptions
{
    /// <summary>The number of crashes to try: all possible crashes if there are no more than this, otherwise this
    /// number of random crashes.</summary>
    public int Limit { get; init; } = 2000;

    /// <summary>The seed of the first random crash; each further crash uses the next seed. Reports contain
    /// it.</summary>
    public int Seed { get; init; } = Random.Shared.Next(1_000_000_000);

    /// <summary>True: some blocks of an uncertain write may be present and others not. False: either all blocks are
    /// present or none, as on a store that guarantees untorn writes.</summary>
    public bool TornWrites { get; init; } = true;
}
