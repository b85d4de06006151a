using System.CommandLine;
using System.Diagnostics;
using DmIo.Cli.Arguments;
using DmIo.Cli.Exit;
using DmIo.Cli.Reports;
using DmIo.Cli.Streams;

namespace DmIo.Cli.Service;

/// <summary>The streams and shared options of a running command; prints its progress and its report.</summary>
internal sealed record RunContext(IConsoleStreams Streams, string Name, bool IsJson, int Verbosity, string? ConfigPath)
{
    internal CancellationToken Interrupted => Streams.Interrupted;

    /// <summary>The texts of the command line that may name a device.</summary>
    internal IReadOnlyList<string> DeviceTexts { get; private init; } = [];

    internal static RunContext Of(ParseResult parsed, IConsoleStreams streams) => new(
        streams,
        ExampleCommand.FullNameOf(parsed.CommandResult.Command),
        parsed.GetValue(SharedOptions.Json),
        SharedOptions.VerbosityOf(parsed),
        parsed.GetValue(SharedOptions.Config))
    {
        DeviceTexts = NamedFiles.DeviceTextsOf(parsed),
    };

    /// <summary>Runs a transfer and returns its duration. Draws its progress if standard error is a terminal.</summary>
    internal async Task<TimeSpan> TimeAsync(TransferProgress progress, Func<Task> transfer)
    {
        var began = Stopwatch.GetTimestamp();
        await ProgressDisplay.RunAsync(Streams, Name, progress, transfer);
        return Stopwatch.GetElapsedTime(began);
    }

    /// <summary>Prints a report on standard output, as JSON or as text.</summary>
    /// <param name="json">Returns one JSON object.</param>
    /// <param name="table">Writes the text; its second argument is true for a terminal.</param>
    /// <param name="outcome">Summary for standard error if standard output fails.</param>
    /// <returns>False: standard output failed.</returns>
    internal bool Print(Func<string> json, Action<TextWriter, bool> table, string outcome)
    {
        try
        {
            if (IsJson)
            {
                Streams.Output.WriteLine(json());
            }
            else
            {
                table(Streams.Output, !Streams.IsOutputRedirected);
            }

            Streams.Output.Flush();
            return true;
        }
        catch (TransferFailedException fault)
        {
            Streams.Error.WriteLine($"{Name}: the report is incomplete: {fault.Message}; {outcome}");
            return false;
        }
    }

    /// <summary>Prints the report of a transfer, after the error of its input or output.</summary>
    /// <param name="report">The result of all regions.</param>
    /// <param name="failure">The error of the input or output; null: none.</param>
    /// <param name="isOutputData">Standard output carries data, so the report goes to standard error.</param>
    /// <returns>The exit code.</returns>
    internal int Finish(RunReport report, TransferFailedException? failure = null, bool isOutputData = false)
    {
        if (failure is not null)
        {
            FaultReport.Write(Streams.Error, Name, failure, isDetailed: Verbosity > 0);
        }

        var isPrinted = true;
        if (!isOutputData)
        {
            isPrinted = Print(
                () => ReportJson.Write(report),
                report.Write,
                $"the errors of the regions are {report.Errors}");
        }
        else if (IsJson)
        {
            Streams.Error.WriteLine(ReportJson.Write(report));
        }
        else
        {
            report.Write(Streams.Error, Streams.IsErrorTerminal);
        }

        if (report.Interrupted == true)
        {
            return ExitCode.Interrupted;
        }

        return report.Errors == "0x0" && failure is null && isPrinted ? ExitCode.Ok : ExitCode.Failed;
    }
}
