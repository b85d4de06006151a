using System.Text.Json;

namespace DmIo.Cli.Tests.Support;

/// <summary>Runs a command line in the process of the test.</summary>
internal static class Command
{
    public static Task<CommandResult> RunAsync(params string[] args) => RunAsync(new TestStreams(), args);

    public static async Task<CommandResult> RunAsync(TestStreams streams, params string[] args)
    {
        var exitCode = await CommandLine.RunAsync(args, streams);
        return new CommandResult(exitCode, streams.OutputText.ToString(), streams.ErrorText.ToString());
    }
}

/// <summary>The result of a command.</summary>
internal sealed record CommandResult(int ExitCode, string Output, string Error)
{
    /// <summary>Standard output, which must be exactly one JSON object.</summary>
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    /// <summary>All results, for the message of an assertion.</summary>
    public override string ToString() => $"exit code {ExitCode}\n--- output\n{Output}\n--- error\n{Error}";
}
