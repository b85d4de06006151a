namespace DmIo.TestKit.Crashes;

/// <summary>How a <see cref="WriteLogReplayer"/> looks for a crash that breaks an invariant.</summary>
public sealed record CrashSearch
{
    /// <summary>How many crashes are tried: all there are if there are no more, else as many random ones.</summary>
    public int Limit { get; init; } = 2000;

    /// <summary>Of the random crashes: the first is drawn from this seed, the next from the next. Reports name
    /// it.</summary>
    public int Seed { get; init; } = Random.Shared.Next(1_000_000_000);

    /// <summary>Of an uncertain write, some blocks may be there and others not. False: all or none, as on a store that
    /// promises that no write is torn.</summary>
    public bool TornWrites { get; init; } = true;
}
