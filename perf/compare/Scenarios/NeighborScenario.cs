namespace DmIo.Compare;

/// <summary>P6: the effect of a lease with 256 requests in flight on a lease with one read in flight, on the
/// disk.</summary>
internal static class NeighborScenario
{
    private const int Flood = 256;
    private const string Alone = "B alone";

    internal static IReadOnlyList<Contest> Build(CompareSettings settings, TestFiles files)
    {
        var path = files.Add(settings.DiskDirectory, settings.DiskBytes);
        string[] adaptive = Names("fair, depth adaptive");
        return
        [
            new Contest(
                "P6",
                "Noisy neighbor: 4 KiB random direct reads, B with 1 in flight, A with 256",
                [
                    OwnLoad.Of(NeighborLoad.Name, Alone, settings, "--config", Config("fair", "adaptive")),
                    WithFlood(adaptive, Config("fair", "adaptive")),
                    WithFlood(Names("fair, depth 32"), Config("fair", "32")),
                    WithFlood(Names("fifo, depth 32"), Config("fifo", "32")),
                ],
                [new LatencyRatio(adaptive[0], Alone, "p50", sample => sample.P50, AtMost: 3)]),
        ];

        Subject WithFlood(string[] names, string config) =>
            OwnLoad.Of(NeighborLoad.Name, names, settings, "--config", config, "--flood", Flood.ToString());

        string Config(string policy, string depth) => files.AddText(settings.DiskDirectory, $$"""
            dmio.devices.disk {
              backend = file
              path = "{{path}}"
              direct = on
              policy = {{policy}}
              queue-depth = {{depth}}
            }
            """);
    }

    private static string[] Names(string how) => [$"B with A, {how}", $"A with B, {how}"];
}
