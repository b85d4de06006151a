using System.Text.Json;
using DmIo.Cli.Reports;

namespace DmIo.Compare;

/// <summary>Reads what <c>dmio bench --json</c> and our own loads print: one report on each line.</summary>
internal static class ReportLines
{
    internal static IReadOnlyList<Sample> Read(string output, int count)
    {
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length != count)
        {
            throw new SubjectFailedException($"{count} report(s) were due, {lines.Length} line(s) came.");
        }

        return [.. lines.Select(line => Sample.Of(JsonSerializer.Deserialize(line, ReportJson.Plain.BenchReport)!))];
    }
}
