using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Runtime.CompilerServices;
using DmIo.Cli.Arguments;
using DmIo.Cli.Commands;
using DmIo.Cli.Exit;
using DmIo.Cli.Reports;
using DmIo.Cli.Service;
using DmIo.Cli.Streams;

namespace DmIo.Cli;

/// <summary>
/// <c>dmio</c> from arguments to exit code. The error of a command is one line on standard error: refused (2), failed
/// (1) or interrupted (130). With <c>-v</c> the stack trace follows.
/// </summary>
internal static class CommandLine
{
    private const string Description =
        "Linux dm-io in user space: read one region of a device, write many at once, report each region.";

    private const string Details = """
        A region is DEVICE@SECTOR or DEVICE@SECTOR+COUNT, in sectors of 512 bytes. A device is a path
        (regular file or block device), mem:SIZE, null:SIZE, a URI (nbd://host/name), a volume
        (vol:DEVICE,DEVICE), or a name from --config. Several regions of one device open it once. Sizes: 512,
        4KiB, 64MiB (powers of 1024), 4KB, 64MB (powers of 1000).
        """;

    private const string Examples = """
          head -c 1000000 /dev/urandom > data.bin
          dmio write --region a.img@0 --region b.img@2048 --region mem:4MiB@0 --from data.bin --create 4MiB
          dmio read --region b.img@2048+1954 --to copy.bin
          dmio verify --region a.img@0+1954 --region b.img@2048
        """;

    internal static async Task<int> RunAsync(string[] args, IConsoleStreams streams)
    {
        var parsed = Build(streams).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        var name = ExampleCommand.FullNameOf(parsed.CommandResult.Command);
        if (parsed.Action is ParseErrorAction)
        {
            var fault = parsed.UnmatchedTokens is [var unknown, ..]
                ? $"unknown command, option or argument '{unknown}'."
                : parsed.Errors[0].Message;
            fault = $"{FaultReport.OneLine(fault)} Try: {name} --help";
            new FaultOutput(parsed, streams).Print(
                writer => writer.WriteLine($"{name}: {fault}"), () => new FaultReport { Refused = fault });
            return ExitCode.Refused;
        }

        try
        {
            if (NamedFiles.ClosedDescriptorIn(parsed) is { } closed)
            {
                throw new RefusedException($"'{closed}' is closed: the process was started without this descriptor.");
            }

            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                Output = streams.Output,
                Error = streams.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            });
        }
        catch (OperationCanceledException) when (streams.Interrupted.IsCancellationRequested)
        {
            new FaultOutput(parsed, streams).Print(
                writer => writer.WriteLine($"{name}: interrupted before the first I/O"),
                () => new FaultReport { Interrupted = true });
            return ExitCode.Interrupted;
        }
        catch (Exception fault)
        {
            new FaultOutput(parsed, streams).Print(
                writer => FaultReport.Write(
                    writer, name, fault, isDetailed: SharedOptions.VerbosityOf(parsed) > 0),
                () => FaultReport.Of(fault));
            return FaultReport.IsRefusal(fault) ? ExitCode.Refused : ExitCode.Failed;
        }
    }

    /// <summary>Not a RootCommand, whose name is that of the started file.</summary>
    private static ExampleCommand Build(IConsoleStreams streams) =>
        new(ExampleCommand.RootName, Description, Details, Examples)
        {
            new HelpOption { Action = new HelpWithExamples() },
            new VersionOption(),
            WriteCommand.Create(streams),
            ReadCommand.Create(streams),
            VerifyCommand.Create(streams),
            RangeCommand.CreateFlush(streams),
            RangeCommand.CreateDiscard(streams),
            RangeCommand.CreateZero(streams),
            DevicesCommand.Create(streams),
            BenchCommand.Create(streams),
            ServeCommand.Create(streams),
            TopCommand.Create(streams),
            VolumeCommand.Create(streams),
        };

    /// <summary>
    /// Prints the error of a command: text on standard error and, with <c>--json</c>, one object on the stream of the
    /// result. A standard stream that is a file of the command line is not written; the other stream then carries the
    /// text, unless that stream carries data.
    /// </summary>
    private sealed class FaultOutput
    {
        private readonly TextWriter? output;
        private readonly TextWriter? error;
        private readonly bool isJson;
        private readonly bool isOutputData;

        internal FaultOutput(ParseResult parsed, IConsoleStreams streams)
        {
            // An unknown command has no options, so --json is an unmatched token.
            isJson = parsed.GetResult(SharedOptions.Json) is { Implicit: false }
                || parsed.UnmatchedTokens.Contains(SharedOptions.Json.Name);
            isOutputData = ReadCommand.WritesToOutput(parsed);
            output = NamedFiles.Has(streams.OutputFile, parsed) || isOutputData ? null : streams.Output;
            error = NamedFiles.Has(streams.ErrorFile, parsed) ? null : streams.Error;
        }

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
                    PrintJson(isOutputData ? error : output, report);
                }
            }
            catch (TransferFailedException)
            {
                // Standard output failed. Standard error already has the text, or must not be written.
            }
        }

        /// <summary>Not inlined: without --json, the JSON assemblies are not loaded. Loading them needs file
        /// descriptors, which the process may have run out of.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        private static void PrintJson(TextWriter? writer, Func<FaultReport> report) =>
            writer?.WriteLine(ReportJson.Write(report()));
    }
}
