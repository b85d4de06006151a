using System.Diagnostics;

namespace DmIo.Cli.Tests.Support;

/// <summary>The built command as a process, a shell in which <c>dmio</c> is that command, or another
/// program.</summary>
internal sealed class DmioProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private static readonly string Assembly = Path.Combine(AppContext.BaseDirectory, "DmIo.Cli.dll");

    // A command, not a function of the shell, so that signals go to the process itself.
    private static readonly string Prelude = $"""
        set -eu; mkdir -p .bin; PATH=$PWD/.bin:$PATH
        printf '#!/bin/sh\nexec dotnet "%s" "$@"\n' '{Assembly}' > .bin/dmio; chmod +x .bin/dmio

        """;

    // Tests in the background of a script ignore SIGINT, and their child processes would inherit that.
    private const string DefaultInterrupt = "--default-signal=INT";

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

    /// <summary>Starts the command with a standard input from the test.</summary>
    public static DmioProcess StartFed(params string[] args) => OperatingSystem.IsLinux()
        ? Start("env", [DefaultInterrupt, "dotnet", Assembly, .. args], "/")
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

    /// <summary>Returns when the process has read all data, except for the contents of the pipe.</summary>
    public Task FeedAsync(ReadOnlyMemory<byte> data) =>
        process.StandardInput.BaseStream.WriteAsync(data).AsTask().WaitAsync(Patience);

    /// <summary>Ends its standard input.</summary>
    public void EndFeed() => process.StandardInput.Close();

    /// <summary>Waits for the first byte of its output.</summary>
    public async Task ReadFirstByteAsync() =>
        await process.StandardOutput.BaseStream.ReadExactlyAsync(new byte[1]).AsTask().WaitAsync(Patience);

    /// <summary>Waits for a line of its output; null at the end.</summary>
    public async Task<string?> ReadLineAsync() => await process.StandardOutput.ReadLineAsync().WaitAsync(Patience);

    /// <summary>Waits for a line of its standard error; null at the end.</summary>
    public async Task<string?> ReadErrorLineAsync() => await process.StandardError.ReadLineAsync().WaitAsync(Patience);

    /// <summary>Kills it (SIGKILL).</summary>
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

    /// <summary>Waits for the end without reading its output; a process that hangs fails the test.</summary>
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

            // Only the python of the system has the modules of the packages of the system.
            Environment = { ["PATH"] = $"/usr/bin:{Environment.GetEnvironmentVariable("PATH")}" },
        })!;
        return new DmioProcess(started);
    }
}
