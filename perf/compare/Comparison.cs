using System.Diagnostics;
using System.Globalization;

namespace DmIo.Compare;

/// <summary>The result of a contest.</summary>
internal sealed record ContestResult(Contest Contest, IReadOnlyList<Series> Series);

/// <summary>
/// Runs contests, in each the subjects in turn, A B A B ..., so that other load on the machine affects all of them. A
/// failed subject is dropped with its reason, and the others continue.
/// </summary>
internal sealed class Comparison(CompareSettings settings, TextWriter progress)
{
    private readonly List<ContestResult> results = [];

    /// <summary>The results so far, also after an interrupt.</summary>
    internal IReadOnlyList<ContestResult> Results => results;

    internal async Task RunAsync(CancellationToken end)
    {
        foreach (var scenario in Scenario.All.Where(one => settings.Only.Contains(one.Id, StringComparer.Ordinal)))
        {
            using var files = new TestFiles();
            foreach (var contest in scenario.Build(settings, files))
            {
                await RunAsync(contest, end);
            }
        }
    }

    private async Task RunAsync(Contest contest, CancellationToken end)
    {
        progress.WriteLine($"{contest.Id} {contest.Title}");
        var series = contest.Subjects.Select(subject => subject.Names
            .Select(name => new Series(name) { Fault = subject.Missing })
            .ToArray()).ToArray();
        results.Add(new ContestResult(contest, [.. series.SelectMany(own => own)]));
        for (var round = 1; round <= settings.Rounds; round++)
        {
            for (var index = 0; index < series.Length; index++)
            {
                if (series[index][0].Fault is null)
                {
                    await RunAsync(contest.Subjects[index], series[index], round, end);
                }
            }
        }
    }

    private async Task RunAsync(Subject subject, Series[] series, int round, CancellationToken end)
    {
        var began = Stopwatch.GetTimestamp();
        try
        {
            var samples = await subject.RunAsync(end);
            for (var index = 0; index < series.Length; index++)
            {
                var sample = samples[index];
                series[index].Samples.Add(sample);
                Tell(series[index].Name, string.Create(
                    CultureInfo.InvariantCulture,
                    $"{sample.Rate,11:#,0}/s, p50 {sample.P50:0.0} us, p99 {sample.P99:0.0} us"));
            }
        }
        catch (SubjectFailedException fault)
        {
            foreach (var one in series)
            {
                one.Fault = fault.Message;
                Tell(one.Name, fault.Message);
            }
        }

        void Tell(string name, string text) => progress.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  {round}/{settings.Rounds} {Stopwatch.GetElapsedTime(began).TotalSeconds,5:0.0} s  {name}: {text}"));
    }
}
