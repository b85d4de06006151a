using System.CommandLine;
using System.Runtime.CompilerServices;

namespace DmIo.Cli;

/// <summary>
/// Where a command that has no result says why: a line on standard error and, with <c>--json</c>, one object in the
/// place of the result. A stream that is a file of the command line gets nothing, the other one takes its text where it
/// carries no data.
/// </summary>
internal sealed class FaultOutput
{
    private readonly TextWriter? output;
    private readonly TextWriter? error;
    private readonly bool isJson;
    private readonly bool isOutputTaken;

    internal FaultOutput(ParseResult parsed, IConsoleStreams streams)
    {
        // Where there is no such command, its options are unknown, too.
        isJson = parsed.GetResult(Options.Json) is { Implicit: false }
            || parsed.UnmatchedTokens.Contains(Options.Json.Name);
        isOutputTaken = ReadCommand.TakesOutput(parsed);
        output = NamedFiles.Has(streams.OutputFile, parsed) || isOutputTaken ? null : streams.Output;
        error = NamedFiles.Has(streams.ErrorFile, parsed) ? null : streams.Error;
    }

    /// <summary>Prints the text for a person, and the same for a program.</summary>
    internal void Print(Action<TextWriter> text, Func<FaultReport> report)
    {
        try
        {
            var writer = error ?? (isJson ? null : output);
            if (writer is not null)
            {
                text(writer);
            }

            if (isJson)
            {
                PrintJson(isOutputTaken ? error : output, report);
            }
        }
        catch (TransferBrokenException)
        {
            // Standard output does not take it; standard error has it, or is not to be written to.
        }
    }

    /// <summary>A method of its own: without --json nothing of JSON is loaded, which takes descriptors that the process
    /// may not have.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void PrintJson(TextWriter? writer, Func<FaultReport> report) =>
        writer?.WriteLine(ReportJson.Write(report()));
}
