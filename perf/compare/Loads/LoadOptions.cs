using System.CommandLine;
using DmIo.Cli.Bench;
using DmIo.Cli.Reports;

namespace DmIo.Compare;

/// <summary>The options that all loads have in common: their duration.</summary>
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

    /// <summary>Prints one report on one line.</summary>
    /// <param name="workload">The work.</param>
    /// <param name="limits">Its duration.</param>
    /// <param name="outcome">Its result.</param>
    /// <param name="isAlone">Nothing else ran in this process, so all allocations belong to this load.</param>
    internal static void Print(BenchWorkload workload, BenchLimits limits, BenchOutcome outcome, bool isAlone) =>
        Console.WriteLine(ReportJson.Write(
            (isAlone ? outcome : outcome with { AllocatedBytesPerRequest = null, TurnsPerRequest = null })
            .ToReport(workload, BenchCaller.Tell, leases: 1, limits)));
}
