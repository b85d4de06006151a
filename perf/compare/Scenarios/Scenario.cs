namespace DmIo.Compare;

/// <summary>One row of the table of targets: creates its files and its subjects.</summary>
/// <param name="Id">P1 to P9, V1 to V3, N1 to N6.</param>
/// <param name="Build">Builds its contests, on files that are removed after them.</param>
internal sealed record Scenario(string Id, Func<CompareSettings, TestFiles, IReadOnlyList<Contest>> Build)
{
    internal static IReadOnlyList<Scenario> All { get; } =
    [
        new("P1", PageCacheScenarios.OneRegion),
        new("P2", PageCacheScenarios.ThreeRegions),
        new("P3", DirectScenario.Build),
        new("P4", PageCacheScenarios.AddedLatency),
        new("P5", MemoryScenarios.Rates),
        new("P6", NeighborScenario.Build),
        new("P7", MemoryScenarios.Growth),
        new("P8", FlushScenario.Build),
        new("P9", StuckLegScenario.Build),
        new("V1", VolumeScenarios.InMemory),
        new("V2", VolumeScenarios.OnDisk),
        new("V3", VolumeScenarios.Cold),
        new("N1", NetworkScenarios.Rates),
        new("N2", NetworkScenarios.Latency),
        new("N3", NetworkScenarios.Throughput),
        new("N4", NetworkScenarios.Volume),
        new("N5", NetworkScenarios.Client),
        new("N6", IdleScenario.Build),
    ];
}
