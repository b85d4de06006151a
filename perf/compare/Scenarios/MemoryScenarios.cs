using System.Globalization;
using System.Text;

namespace DmIo.Compare;

/// <summary>P5 and P7: memory devices, where only the service itself has a cost.</summary>
internal static class MemoryScenarios
{
    private const int Legs = 3;
    private const int TotalMebibytes = 64;
    private const int TotalInFlight = 256;

    private static readonly int[] Steps = [1, 8, 64];

    internal static IReadOnlyList<Contest> Rates(CompareSettings settings, TestFiles files)
    {
        // The sizes differ, so that the names differ and these are three devices.
        string[] devices = [.. Enumerable.Range(TotalMebibytes, Legs).Select(size => $"mem:{size}MiB")];
        return
        [
            Of("one region", devices[..1], 1_000_000),
            Of("three regions at once", devices, 500_000),
        ];

        Contest Of(string regions, string[] paths, double floor) => new(
            "P5",
            $"4 KiB random writes to memory devices, {regions}, 32 in flight",
            [DmioBench.Of("dmio", settings, [.. DmioBench.Regions(paths), "--operation", "randwrite"])],
            [new RateFloor("dmio", floor)]);
    }

    /// <summary>Every pair of steps. The total memory of all devices and the total number of requests in flight are
    /// constant, so that CPU caches do not decide the result.</summary>
    internal static IReadOnlyList<Contest> Growth(CompareSettings settings, TestFiles files)
    {
        return [Of("each lease to its own devices", "--own"), Of("each lease to all of them")];

        Contest Of(string how, params string[] arguments) => new(
            "P7",
            $"4 KiB random writes to memory devices, {how}, {TotalInFlight} in flight in all",
            [.. Steps.SelectMany(devices => Steps.Select(leases =>
                Grown(settings, files, devices, leases, arguments)))],
            [new RateSpread(0.8)]);
    }

    private static Subject Grown(
        CompareSettings settings, TestFiles files, int devices, int leases, string[] arguments)
    {
        var config = new StringBuilder();
        for (var index = 0; index < devices; index++)
        {
            config.Append(CultureInfo.InvariantCulture, $$"""
                dmio.devices.disk{{index}} {
                  backend = memory
                  size = {{TotalMebibytes / devices}}MiB
                }

                """);
        }

        var path = files.AddText(settings.MemoryDirectory, config.ToString());
        return DmioBench.Of(
            $"{devices} device(s), {leases} lease(s)",
            settings,
            [
                .. DmioBench.Regions(Enumerable.Range(0, devices).Select(index => $"disk{index}")),
                "--operation", "randwrite", "--spread", "--leases", leases.ToString(),
                "--depth", (TotalInFlight / leases).ToString(), "--config", path,
                .. arguments,
            ]);
    }
}
