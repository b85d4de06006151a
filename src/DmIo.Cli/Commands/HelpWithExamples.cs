using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace DmIo.Cli;

/// <summary>The library's help, then what there is to know of the command, the exit codes, and the
/// examples.</summary>
internal sealed class HelpWithExamples : SynchronousCommandLineAction
{
    private const string ExitCodes = """
        Exit codes:
          0    every region is well
          1    some error bit is set, or input or output broke off
          2    refused, or used wrongly: nothing was touched
          130  ended by Ctrl-C or SIGTERM, after what was in flight (serve and top: 0)

        What is waited for longer than a second is said on standard error. A second Ctrl-C or SIGTERM does
        not wait.
        """;

    private readonly HelpAction library = new() { MaxWidth = 100 };

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        library.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;
        if (parseResult.CommandResult.Command is ExampleCommand command)
        {
            output.WriteLine(command.Details);
            output.WriteLine();
            output.WriteLine(ExitCodes);
            output.WriteLine();
            output.WriteLine("Examples:");
            output.WriteLine(command.Examples);
        }

        return ExitCode.Ok;
    }
}
