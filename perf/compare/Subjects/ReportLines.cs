using System.Text.Json;
using DmIo.Cli.Reports;

namespace DmIo.Compare;

/// <summary>Parses the output of <c>dmio bench --json</c> and of the loads: one report per line.</summary>
internal static class ReportLines
{
    internal static IReadOnlyList<Sample> Read(string output, int count)
    {
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length != count)
        {
            throw new SubjectFailedException($"{count} report(s) were expected, {lines.Length} line(s) were printed.");
        }

        return [.. lines.Select(line => Sample.Of(JsonSerializer.Deserialize(line, ReportJson.Plain.BenchReport)!))];
    }
}
