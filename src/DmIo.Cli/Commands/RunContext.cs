using System.CommandLine;
using System.Diagnostics;

namespace DmIo.Cli;

/// <summary>What every command on regions does around its transfer: progress, time, report, exit code.</summary>
internal sealed record RunContext(IConsoleStreams Streams, string Name, bool IsJson, int Verbosity, string? ConfigPath)
{
    internal CancellationToken Interrupted => Streams.Interrupted;

    internal static RunContext Of(ParseResult parsed, IConsoleStreams streams) => new(
        streams,
        CommandLine.NameOf(parsed.CommandResult.Command),
        parsed.GetValue(Options.Json),
        Options.VerbosityOf(parsed),
        parsed.GetValue(Options.Config));

    /// <summary>Runs a transfer with its progress drawn where there is a terminal; returns how long it
    /// took.</summary>
    internal async Task<TimeSpan> TimeAsync(TransferProgress progress, Func<Task> transfer)
    {
        var began = Stopwatch.GetTimestamp();
        await ProgressDisplay.RunAsync(Streams, Name, progress, transfer);
        return Stopwatch.GetElapsedTime(began);
    }

    /// <summary>Prints the report, and why the transfer broke off if it did.</summary>
    /// <param name="report">What came of it.</param>
    /// <param name="broken">Input or output that failed.</param>
    /// <param name="isOutputTaken">Standard output carries data: the report goes to standard error.</param>
    /// <returns>The exit code.</returns>
    internal int Finish(RunReport report, TransferBrokenException? broken = null, bool isOutputTaken = false)
    {
        if (broken is not null)
        {
            CommandLine.Explain(Streams.Error, Name, broken, isDetailed: Verbosity > 0);
        }

        var writer = isOutputTaken ? Streams.Error : Streams.Output;
        var isTerminal = isOutputTaken ? Streams.IsErrorTerminal : !Streams.IsOutputRedirected;
        if (IsJson)
        {
            writer.WriteLine(ReportJson.Write(report));
        }
        else
        {
            ReportTable.Write(writer, isTerminal, report);
        }

        if (report.Interrupted == true)
        {
            return ExitCode.Interrupted;
        }

        return report.Errors == "0x0" && broken is null ? ExitCode.Ok : ExitCode.Failed;
    }
}
