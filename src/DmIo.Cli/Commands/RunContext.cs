using System.CommandLine;
using System.Diagnostics;

namespace DmIo.Cli;

/// <summary>What every command on regions does around its transfer: progress, time, report, exit code.</summary>
internal sealed record RunContext(IConsoleStreams Streams, string Name, bool IsJson, int Verbosity, string? ConfigPath)
{
    internal CancellationToken Interrupted => Streams.Interrupted;

    /// <summary>What may name a device on the command line.</summary>
    internal IReadOnlyList<string> DeviceTexts { get; private init; } = [];

    internal static RunContext Of(ParseResult parsed, IConsoleStreams streams) => new(
        streams,
        CommandLine.NameOf(parsed.CommandResult.Command),
        parsed.GetValue(Options.Json),
        Options.VerbosityOf(parsed),
        parsed.GetValue(Options.Config))
    {
        DeviceTexts = NamedFiles.DeviceTextsOf(parsed),
    };

    /// <summary>Runs a transfer with its progress drawn where there is a terminal; returns how long it
    /// took.</summary>
    internal async Task<TimeSpan> TimeAsync(TransferProgress progress, Func<Task> transfer)
    {
        var began = Stopwatch.GetTimestamp();
        await ProgressDisplay.RunAsync(Streams, Name, progress, transfer);
        return Stopwatch.GetElapsedTime(began);
    }

    /// <summary>Prints what came of the command: as JSON, or as a table.</summary>
    /// <param name="json">One object.</param>
    /// <param name="table">Writes the table; for a terminal if true.</param>
    /// <param name="outcome">What to say on standard error where standard output does not take it.</param>
    /// <returns>False: standard output did not take it.</returns>
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
        catch (TransferBrokenException fault)
        {
            Streams.Error.WriteLine($"{Name}: the report is incomplete: {fault.Message}; {outcome}");
            return false;
        }
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

        var isPrinted = true;
        if (!isOutputTaken)
        {
            isPrinted = Print(
                () => ReportJson.Write(report),
                (writer, isTerminal) => ReportTable.Write(writer, isTerminal, report),
                $"the errors of the regions are {report.Errors}");
        }
        else if (IsJson)
        {
            Streams.Error.WriteLine(ReportJson.Write(report));
        }
        else
        {
            ReportTable.Write(Streams.Error, Streams.IsErrorTerminal, report);
        }

        if (report.Interrupted == true)
        {
            return ExitCode.Interrupted;
        }

        return report.Errors == "0x0" && broken is null && isPrinted ? ExitCode.Ok : ExitCode.Failed;
    }
}
