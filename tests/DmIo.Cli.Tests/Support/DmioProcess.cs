using System.Diagnostics;

namespace DmIo.Cli.Tests;

/// <summary>The built command as a process of its own, or a shell where <c>dmio</c> is that command.</summary>
internal sealed class DmioProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private static readonly string Assembly = Path.Combine(AppContext.BaseDirectory, "DmIo.Cli.dll");

    private static readonly string Prelude = $"set -eu; dmio() {{ dotnet '{Assembly}' \"$@\"; }}\n";

    private readonly Process process;

    private DmioProcess(Process process) => this.process = process;

    /// <summary>Starts the command itself.</summary>
    public static DmioProcess StartCommand(params string[] args) => Start("dotnet", [Assembly, .. args], "/");

    /// <summary>Runs a script of bash to its end.</summary>
    public static async Task<CommandResult> RunAsync(TempDirectory directory, string script)
    {
        using var shell = Start("bash", ["-c", Prelude + script], directory.Root);
        var output = shell.process.StandardOutput.ReadToEndAsync();
        var (exitCode, error) = await shell.EndUnreadAsync();
        return new CommandResult(exitCode, await output, error);
    }

    /// <summary>Waits until it has written something.</summary>
    public async Task ReadFirstByteAsync() =>
        await process.StandardOutput.BaseStream.ReadExactlyAsync(new byte[1]).AsTask().WaitAsync(Patience);

    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", ["-s", signal, process.Id.ToString()]);
        await kill.WaitForExitAsync();
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
        })!;
        started.StandardInput.Close();
        return new DmioProcess(started);
    }
}
