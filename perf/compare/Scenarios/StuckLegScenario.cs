namespace DmIo.Compare;

/// <summary>P9: one of three devices is stuck for a second; measures the effect on requests for the others.</summary>
internal static class StuckLegScenario
{
    private const string Before = "others before";
    private const string While = "others while a leg is stuck";
    private const string Stuck = "writes to the stuck leg, and a second after";

    internal static IReadOnlyList<Contest> Build(CompareSettings settings, TestFiles files) =>
    [
        new Contest(
            "P9",
            "One leg of three memory devices stuck for a second, 2,000 writes a second to all: others on the other two",
            [OwnLoad.Of(StuckLegLoad.Name, [Before, While, Stuck], settings)],
            [new LatencyRatio(While, Before, "p99", sample => sample.P99, AtMost: 2)]),
    ];
}
