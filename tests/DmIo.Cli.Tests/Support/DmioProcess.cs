using System.Diagnostics;

namespace DmIo.Cli.Tests;

/// <summary>The built command as a process of its own, a shell where <c>dmio</c> is that command, or another
/// program.</summary>
internal sealed class DmioProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private static readonly string Assembly = Path.Combine(AppContext.BaseDirectory, "DmIo.Cli.dll");

    // A command of its own, no function of the shell: what is sent to the background gets the signals itself.
    private static readonly string Prelude = $"""
        set -eu; mkdir -p .bin; PATH=$PWD/.bin:$PATH
        printf '#!/bin/sh\nexec dotnet "%s" "$@"\n' '{Assembly}' > .bin/dmio; chmod +x .bin/dmio

        """;

    // Where the tests run in the background of a script they ignore SIGINT, and so would whatever they start.
    private const string HearsInterrupts = "--default-signal=INT";

    private readonly Process process;

    private DmioProcess(Process process) => this.process = process;

    public bool HasEnded => process.HasExited;

    public int Id => process.Id;

    /// <summary>Starts the command itself.</summary>
    public static DmioProcess StartCommand(params string[] args)
    {
        var command = StartFed(args);
        command.EndFeed();
        return command;
    }

    /// <summary>The same, with a standard input that the test feeds.</summary>
    public static DmioProcess StartFed(params string[] args) => OperatingSystem.IsLinux()
        ? Start("env", [HearsInterrupts, "dotnet", Assembly, .. args], "/")
        : Start("dotnet", [Assembly, .. args], "/");

    /// <summary>The command as <c>dotnet</c> starts it, for a script.</summary>
    public static string CommandText => $"dotnet '{Assembly}'";

    /// <summary>Starts another program.</summary>
    public static DmioProcess StartOther(string program, params string[] args)
    {
        var other = Start(program, args, "/");
        other.EndFeed();
        return other;
    }

    /// <summary>Runs a script of bash to its end.</summary>
    public static async Task<CommandResult> RunAsync(TempDirectory directory, string script)
    {
        using var shell = Start("bash", ["-c", Prelude + script], directory.Root);
        shell.EndFeed();
        return await shell.EndAsync();
    }

    /// <summary>Returns when it has taken all of it, but for what a pipe holds.</summary>
    public Task FeedAsync(ReadOnlyMemory<byte> data) =>
        process.StandardInput.BaseStream.WriteAsync(data).AsTask().WaitAsync(Patience);

    /// <summary>Its standard input ends.</summary>
    public void EndFeed() => process.StandardInput.Close();

    /// <summary>Waits until it has written something.</summary>
    public async Task ReadFirstByteAsync() =>
        await process.StandardOutput.BaseStream.ReadExactlyAsync(new byte[1]).AsTask().WaitAsync(Patience);

    /// <summary>Waits until it has written a line; null at its end.</summary>
    public async Task<string?> ReadLineAsync() => await process.StandardOutput.ReadLineAsync().WaitAsync(Patience);

    /// <summary>The same of standard error.</summary>
    public async Task<string?> ReadErrorLineAsync() => await process.StandardError.ReadLineAsync().WaitAsync(Patience);

    /// <summary>Ends it at once, wherever it is (SIGKILL).</summary>
    public void Kill() => process.Kill();

    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", ["-s", signal, process.Id.ToString()]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Waits for the end; a process that hangs fails the test.</summary>
    public async Task<CommandResult> EndAsync()
    {
        var output = process.StandardOutput.ReadToEndAsync();
        var (exitCode, error) = await EndUnreadAsync();
        return new CommandResult(exitCode, await output, error);
    }

    /// <summary>Waits for the end, leaving its output where it is; a process that hangs fails the test.</summary>
    public async Task<(int ExitCode, string Error)> EndUnreadAsync()
    {
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(Patience);
        return (process.ExitCode, await error);
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
        }

        process.Dispose();
    }

    private static DmioProcess Start(string program, string[] args, string workingDirectory)
    {
        var started = Process.Start(new ProcessStartInfo(program, args)
        {
            UseShellExecute = false,
            WorkingDirectory = workingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,

            // The system's python has the modules of the system's packages; another one that comes first has not.
            Environment = { ["PATH"] = $"/usr/bin:{Environment.GetEnvironmentVariable("PATH")}" },
        })!;
        return new DmioProcess(started);
    }
}
