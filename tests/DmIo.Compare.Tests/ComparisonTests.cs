using Xunit;

namespace DmIo.Compare.Tests;

/// <summary>Complete short runs: the started processes, the reports, and the removal of files.</summary>
public sealed class ComparisonTests : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("dmio-compare-");

    private readonly StringWriter progress = new();

    public void Dispose()
    {
        directory.Delete(recursive: true);
        progress.Dispose();
    }

    [Fact]
    public async Task Subjects_run_in_turn_as_processes_and_every_round_is_a_sample()
    {
        var comparison = new Comparison(NewSettings("P4", rounds: 2), progress);

        await comparison.RunAsync(CancellationToken.None);

        var result = Assert.Single(comparison.Results);
        Assert.All(result.Series, series => Assert.True(series.Samples.Count == 2, series.Fault));
        Assert.All(result.Series, series => Assert.All(series.Samples, sample => Assert.Equal(0, sample.Errors)));
        var turns = progress.ToString().Split('\n').Where(line => line.StartsWith("  ")).Select(line => line[2..5]);
        Assert.Equal(["1/2", "1/2", "1/2", "2/2", "2/2", "2/2"], turns);
        Assert.Empty(directory.EnumerateFiles());
    }

    [Fact]
    public async Task A_load_that_measures_three_things_has_three_series()
    {
        var comparison = new Comparison(NewSettings("P9", rounds: 1), progress);

        await comparison.RunAsync(CancellationToken.None);

        Assert.Equal(3, Assert.Single(comparison.Results).Series.Count(series => series.Samples.Count == 1));
    }

    [Fact]
    public async Task A_failed_subject_is_dropped_with_its_reason()
    {
        var failing = DmioBench.Of("dmio", NewSettings("P1", rounds: 1), "--region", "no-such-file@0", "-o", "read");

        var fault = await Assert.ThrowsAsync<SubjectFailedException>(() => failing.RunAsync(CancellationToken.None));

        Assert.Contains("no-such-file", fault.Message);
    }

    [Fact]
    public async Task A_canceled_run_leaves_no_file_and_reports_its_results()
    {
        var comparison = new Comparison(NewSettings("P1", rounds: 1), progress);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => comparison.RunAsync(new CancellationToken(canceled: true)));

        Assert.Empty(directory.EnumerateFiles());
        Assert.All(Assert.Single(comparison.Results).Series, series => Assert.Empty(series.Samples));
    }

    [Fact]
    public async Task The_reports_name_targets_series_and_faults()
    {
        var settings = NewSettings("P9", rounds: 1);
        var comparison = new Comparison(settings, progress);
        await comparison.RunAsync(CancellationToken.None);
        var contest = new Contest("P1", "never run", [], [new RateFloor("nobody", 5)]);
        ContestResult[] results =
            [.. comparison.Results, new ContestResult(contest, [new Series("nobody") { Fault = "has failed" }])];
        var machine = Machine.Detect(settings);

        var table = MarkdownReport.Write(machine, settings, results);
        var json = JsonReport.Write(machine, settings, results);

        Assert.Contains("| P1 | never run: nobody, requests/s | >= 5 | - | not measured |", table);
        Assert.Contains("has failed", table);
        Assert.Contains("others while a leg is stuck", table);
        Assert.Contains("\"fault\": \"has failed\"", json);
        Assert.Contains("\"processor\"", json);
    }

    private CompareSettings NewSettings(string only, int rounds) => new()
    {
        Only = [only],
        Rounds = rounds,
        Seconds = 0.05,
        WarmUpSeconds = 0.01,
        DiskDirectory = directory.FullName,
        MemoryDirectory = directory.FullName,
        DiskBytes = 1 << 20,
        FileBytes = 1 << 20,
        Output = directory.FullName,
    };
}
