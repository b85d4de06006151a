using System.CommandLine;
using DmIo.Cli.Bench;
using DmIo.Cli.Reports;

namespace DmIo.Compare;

/// <summary>What the loads of this program have in common: for how long.</summary>
internal static class LoadOptions
{
    private static readonly Option<double> Seconds = new("--seconds") { Required = true };

    private static readonly Option<double> WarmUp = new("--warmup") { Required = true };

    internal static IReadOnlyList<Option> All { get; } = [Seconds, WarmUp];

    internal static BenchLimits LimitsOf(ParseResult parsed) => new(
        TimeSpan.FromSeconds(parsed.GetValue(WarmUp)), TimeSpan.FromSeconds(parsed.GetValue(Seconds)));

    internal static Command With(this Command command, IEnumerable<Option> options)
    {
        foreach (var option in options)
        {
            command.Add(option);
        }

        return command;
    }

    /// <summary>One report on a line of its own.</summary>
    /// <param name="workload">What it was.</param>
    /// <param name="limits">For how long.</param>
    /// <param name="outcome">What came of it.</param>
    /// <param name="isAlone">Nothing else ran in this process, so that what it allocated was for this.</param>
    internal static void Print(BenchWorkload workload, BenchLimits limits, BenchOutcome outcome, bool isAlone) =>
        Console.WriteLine(ReportJson.Write(
            (isAlone ? outcome : outcome with { AllocatedBytesPerRequest = null, TurnsPerRequest = null })
            .ToReport(workload, BenchCaller.Tell, leases: 1, limits)));
}
