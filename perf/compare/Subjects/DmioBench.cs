using System.Globalization;

namespace DmIo.Compare;

/// <summary>The subject <c>dmio bench</c>.</summary>
internal static class DmioBench
{
    private const string Assembly = "DmIo.Cli.dll";

    /// <summary>A subject that runs <c>dmio bench</c> with these arguments and those of its duration.</summary>
    internal static Subject Of(string name, CompareSettings settings, params string[] arguments) => new(
        name,
        async end =>
        {
            string[] all =
            [
                "bench", "--json", "--duration", Seconds(settings.Seconds), "--warmup", Seconds(settings.WarmUpSeconds),
                .. arguments,
            ];
            return ReportLines.Read(await ChildProcess.RunAssemblyAsync(Assembly, all, end), count: 1)[0];
        });

    /// <summary>A region that covers each file.</summary>
    internal static string[] Regions(params IEnumerable<string> paths) =>
        [.. paths.SelectMany(path => new[] { "--region", $"{path}@0" })];

    private static string Seconds(double seconds) => $"{seconds.ToString(CultureInfo.InvariantCulture)}s";
}
