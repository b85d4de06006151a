using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Akka.Configuration;
using DmIo.Actors.Protocol;
using DmIo.Devices;

namespace DmIo.Cli;

/// <summary>
/// <c>dmio</c> from arguments to exit code. What is wrong with a command is one line on standard error: refused (2),
/// broken off (1) or interrupted (130); the stack trace behind it is for <c>-v</c>.
/// </summary>
internal static class CommandLine
{
    private const string RootName = "dmio";

    private const string Description =
        "Linux dm-io in user space: read one region of a device, write many at once, learn what failed.";

    private const string Details = """
        A region is DEVICE@SECTOR or DEVICE@SECTOR+COUNT, in sectors of 512 bytes. A device is a path
        (regular file or block device), mem:SIZE, null:SIZE, a URI (nbd://host/name), or a name from
        --config. Several regions of one device open it once. Sizes: 512, 4KiB, 64MiB (powers of 1024),
        4KB, 64MB (powers of 1000).
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
        var name = NameOf(parsed.CommandResult.Command);
        if (parsed.Action is ParseErrorAction)
        {
            var fault = parsed.UnmatchedTokens is [var unknown, ..]
                ? $"there is no command, option or argument '{unknown}' here."
                : parsed.Errors[0].Message;
            fault = $"{OneLine(fault)} Try: {name} --help";
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
                writer => writer.WriteLine($"{name}: interrupted before anything was begun"),
                () => new FaultReport { Interrupted = true });
            return ExitCode.Interrupted;
        }
        catch (Exception fault)
        {
            new FaultOutput(parsed, streams).Print(
                writer => Explain(writer, name, fault, isDetailed: Options.VerbosityOf(parsed) > 0),
                () => FaultReport.Of(MessageOf(fault), IsRefusal(fault)));
            return IsRefusal(fault) ? ExitCode.Refused : ExitCode.Failed;
        }
    }

    /// <summary>One line; with <c>-v</c>, all that is known.</summary>
    internal static void Explain(TextWriter writer, string name, Exception fault, bool isDetailed)
    {
        var isExpected = IsRefusal(fault) || fault is TransferBrokenException;
        writer.WriteLine($"{name}: {(isExpected ? "" : "unexpected: ")}{MessageOf(fault)}");
        if (isDetailed)
        {
            writer.WriteLine(fault);
        }
        else if (!isExpected)
        {
            writer.WriteLine($"{name}: run it with -v for the details");
        }
    }

    internal static string NameOf(Command command) =>
        command.Name == RootName ? RootName : $"{RootName} {command.Name}";

    private static bool IsRefusal(Exception fault) =>
        fault is RefusedException or IoRefusedException or DeviceOpenException or ConfigurationException;

    /// <summary>Not a RootCommand: that calls itself after the file that the process was started from.</summary>
    private static ExampleCommand Build(IConsoleStreams streams)
    {
        var root = new ExampleCommand(RootName, Description, Details, Examples)
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
        };
        return root;
    }

    /// <summary>Without a working directory relative paths lead nowhere, which the operating system calls a missing
    /// file.</summary>
    private static string MessageOf(Exception fault)
    {
        try
        {
            _ = Environment.CurrentDirectory;
            return OneLine(fault.Message);
        }
        catch (IOException)
        {
            return $"{OneLine(fault.Message)} The working directory was deleted: change to another one, or give full "
                + "paths.";
        }
    }

    private static string OneLine(string message) => message.ReplaceLineEndings(" ");
}
