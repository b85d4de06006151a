using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using DmIo.Cli.Exit;

namespace DmIo.Cli.Arguments;

/// <summary>
/// A command with a longer help text and examples. The examples are shell commands that succeed when they are pasted
/// in their order.
/// </summary>
internal sealed class ExampleCommand(string name, string description, string details, string examples)
    : Command(name, description)
{
    internal const string RootName = "dmio";

    internal string Details { get; } = details;

    internal string Examples { get; } = examples;

    /// <summary>Adds options after the existing ones.</summary>
    internal ExampleCommand With(IEnumerable<Option> options)
    {
        foreach (var option in options)
        {
            Add(option);
        }

        return this;
    }

    /// <summary>The command as the user types it: <c>dmio write</c>.</summary>
    internal static string FullNameOf(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent
            ? $"{FullNameOf(parent)} {command.Name}"
            : command.Name;
}

/// <summary>The help of the library, then the details of the command, the exit codes, and the examples.</summary>
internal sealed class HelpWithExamples : SynchronousCommandLineAction
{
    private const string ExitCodes = """
        Exit codes:
          0    every region succeeded
          1    an error bit is set, or input or output failed
          2    refused, or wrong usage: no device was touched
          130  interrupted by Ctrl-C or SIGTERM, after the I/O in flight ended (serve and top: 0)

        A command that waits longer than a second after the signal reports the reason on standard error.
        A second Ctrl-C or SIGTERM does not wait.
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
