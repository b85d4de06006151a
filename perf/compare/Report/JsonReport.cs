using System.Text.Encodings.Web;
using System.Text.Json;

namespace DmIo.Compare;

/// <summary>The JSON result: machine, settings, every sample of every series, and the targets.</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    internal static string Write(Machine machine, CompareSettings settings, IReadOnlyList<ContestResult> results) =>
        JsonSerializer.Serialize(
            new
            {
                Machine = machine,
                Settings = settings,
                Contests = results.Select(result => new
                {
                    result.Contest.Id,
                    result.Contest.Title,
                    Series = result.Series.Select(series => new { series.Name, series.Fault, series.Samples }),
                    Targets = result.Contest.Targets.Select(target => new
                    {
                        target.Text,
                        target.Bound,
                        target.Judge(result.Series)?.Measured,
                        target.Judge(result.Series)?.IsMet,
                    }),
                }),
            },
            Options);
}
