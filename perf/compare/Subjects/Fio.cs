using System.Globalization;
using System.Text.Json;

namespace DmIo.Compare;

/// <summary>
/// fio, the usual load generator, without tuning. Random offsets may repeat, as in <c>dmio bench</c> (otherwise, fio
/// would keep a map of all blocks).
/// </summary>
internal static class Fio
{
    private const string Program = "fio";

    private static readonly Lazy<string?> Absence = new(FindAbsence);

    /// <param name="name">The name in the table.</param>
    /// <param name="settings">The duration.</param>
    /// <param name="path">The file, which is used completely.</param>
    /// <param name="arguments">Arguments of fio: engine, operation, block size, depth.</param>
    internal static Subject Of(string name, CompareSettings settings, string path, params string[] arguments) => new(
        name,
        end => RunAsync(settings, [$"--filename={path}", $"--size={new FileInfo(path).Length}", .. arguments], end),
        Absence.Value);

    /// <summary>A subject that uses the nbd engine.</summary>
    /// <param name="name">The name in the table.</param>
    /// <param name="settings">The duration.</param>
    /// <param name="server">The server, whose export is used completely.</param>
    /// <param name="arguments">Arguments of fio: operation, block size, depth.</param>
    internal static Subject Network(
        string name, CompareSettings settings, ServerProcess server, params string[] arguments) => new(
        name,
        end => RunAsync(
            settings,
            ["--ioengine=nbd", $"--uri={server.Uri}", $"--size={settings.FileBytes}", .. arguments],
            end),
        server.Missing ?? Absence.Value);

    private static async Task<Sample> RunAsync(
        CompareSettings settings, IReadOnlyList<string> arguments, CancellationToken end)
    {
        string[] all =
        [
            "--name=compare", "--time_based", $"--runtime={Seconds(settings.Seconds)}",
            $"--ramp_time={Seconds(settings.WarmUpSeconds)}", "--norandommap", "--randseed=1", "--group_reporting",
            "--output-format=json", "--lat_percentiles=1", "--clat_percentiles=0", .. arguments,
        ];
        return Read(await ChildProcess.RunAsync(Program, all, end));
    }

    /// <summary>In milliseconds, since fio accepts no fraction.</summary>
    private static string Seconds(double seconds) =>
        $"{Math.Round(seconds * 1000).ToString(CultureInfo.InvariantCulture)}ms";

    internal static Sample Read(string output)
    {
        // Notes of fio may precede the JSON.
        using var document = JsonDocument.Parse(output.AsMemory(Math.Max(0, output.IndexOf('{'))));
        var job = document.RootElement.GetProperty("jobs")[0];
        var read = job.GetProperty("read");
        var side = read.GetProperty("total_ios").GetInt64() > 0 ? read : job.GetProperty("write");
        var latencies = side.GetProperty("lat_ns").GetProperty("percentile");
        return new Sample
        {
            Rate = side.GetProperty("iops").GetDouble(),
            BytesPerSecond = side.GetProperty("bw_bytes").GetDouble(),
            P50 = Microseconds("50.000000"),
            P99 = Microseconds("99.000000"),
            P999 = Microseconds("99.900000"),
            Errors = job.GetProperty("error").GetInt64(),
        };

        double Microseconds(string percentile) => latencies.GetProperty(percentile).GetDouble() / 1000;
    }

    private static string? FindAbsence()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        return folders.Any(folder => File.Exists(Path.Combine(folder, Program)))
            ? null
            : "fio is not installed (Debian: apt-get install fio)";
    }
}
