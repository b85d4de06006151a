namespace DmIo.Compare;

/// <summary>P9: one leg of three is stuck for a second; what do those feel who do not use it?</summary>
internal static class StuckLegScenario
{
    private const string Before = "others before";
    private const string While = "others while a leg is stuck";

    internal static IReadOnlyList<Contest> Build(CompareSettings settings, TestFiles files) =>
    [
        new Contest(
            "P9",
            "One leg of three memory devices stuck for a second: 4 KiB random writes of others to the other two",
            [OwnLoad.Of(StuckLegLoad.Name, [Before, While], settings)],
            [new LatencyRatio(While, Before, "p99", sample => sample.P99, AtMost: 2)]),
    ];
}
