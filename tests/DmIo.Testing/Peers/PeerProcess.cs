using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace DmIo.Testing.Peers;

/// <summary>
/// Another program that runs in the foreground until it is ended by its id. Its output is kept for failure messages. It
/// is stopped and killed by signals: SIGSTOP, SIGKILL.
/// </summary>
internal sealed partial class PeerProcess : IAsyncDisposable
{
    private const int SignalStop = 19;
    private const int SignalContinue = 18;
    private const int SignalTerminate = 15;

    private readonly Process process;
    private readonly StringBuilder printed = new();

    private PeerProcess(Process process) => this.process = process;

    internal int Id => process.Id;

    internal bool HasExited => process.HasExited;

    /// <summary>The output so far, of both streams.</summary>
    internal string Output
    {
        get
        {
            lock (printed)
            {
                return printed.ToString();
            }
        }
    }

    internal static PeerProcess Start(string program, params string[] arguments)
    {
        var path = Programs.Find(program) ?? throw new InvalidOperationException($"{program} is not installed.");
        var start = new ProcessStartInfo(path, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // The first lines of nbdsh and other scripts look for their interpreter in the PATH.
        start.Environment["PATH"] = "/usr/bin:" + Environment.GetEnvironmentVariable("PATH");
        start.Environment["LC_ALL"] = "C";
        var peer = new PeerProcess(new Process { StartInfo = start });
        peer.process.OutputDataReceived += peer.Keep;
        peer.process.ErrorDataReceived += peer.Keep;
        ParentThread.Run(() => peer.process.Start());
        peer.process.StandardInput.Close();
        peer.process.BeginOutputReadLine();
        peer.process.BeginErrorReadLine();
        return peer;
    }

    /// <summary>Starts a program that cannot stay in the foreground; its id is read from its pid file.</summary>
    internal static async Task<PeerProcess> StartDaemonAsync(
        string program, string idFile, params string[] arguments)
    {
        await using var launcher = Start(program, arguments);
        await launcher.EndAsync();
        await launcher.WaitForFileAsync(idFile);
        var id = int.Parse(await File.ReadAllTextAsync(idFile), CultureInfo.InvariantCulture);
        return new PeerProcess(Process.GetProcessById(id));
    }

    /// <summary>Runs a program to its end; returns its exit code and its output.</summary>
    internal static async Task<(int ExitCode, string Output)> RunAsync(string program, params string[] arguments)
    {
        await using var peer = Start(program, arguments);
        var exitCode = await peer.EndAsync();
        return (exitCode, peer.Output);
    }

    /// <summary>Stops all its threads; returns when they have stopped. Its connections stay open.</summary>
    internal async Task StopAsync()
    {
        Signal(SignalStop);
        using var limit = new CancellationTokenSource(Patience.Limit);
        while (!Directory.EnumerateDirectories($"/proc/{process.Id}/task").All(IsStopped))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), limit.Token);
        }
    }

    /// <summary>Continues it after <see cref="StopAsync"/>.</summary>
    internal void Continue() => Signal(SignalContinue);

    /// <summary>Sends SIGTERM.</summary>
    internal void Terminate() => Signal(SignalTerminate);

    private static bool IsStopped(string thread)
    {
        // The state follows the name, which is in parentheses and may contain anything.
        var status = File.ReadAllText(Path.Combine(thread, "stat"));
        return status[status.LastIndexOf(')') + 2] == 'T';
    }

    /// <summary>Kills it with its children; returns when all have ended.</summary>
    internal async Task KillAsync()
    {
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync().InTime();
    }

    /// <summary>Waits until it has written its pid file, which servers do when they listen.</summary>
    internal Task WaitForFileAsync(string idFile) =>
        StartedAsync(() => File.Exists(idFile) && new FileInfo(idFile).Length > 0);

    /// <summary>Waits for this text in its output.</summary>
    internal Task WaitForOutputAsync(string text) =>
        StartedAsync(() => Output.Contains(text, StringComparison.Ordinal));

    /// <summary>Waits for its end; a program that hangs fails the test.</summary>
    internal Task<int> EndAsync() => EndAsync(Patience.Limit);

    /// <summary>Waits for its end within this limit.</summary>
    internal async Task<int> EndAsync(TimeSpan limit)
    {
        try
        {
            await process.WaitForExitAsync().WaitAsync(limit);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"Process {process.Id} does not end. Its output: {Output}", late);
        }

        return process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            await KillAsync();
        }

        process.Dispose();
    }

    private async Task StartedAsync(Func<bool> hasStarted)
    {
        using var limit = new CancellationTokenSource(Patience.Limit);
        while (!hasStarted())
        {
            if (limit.IsCancellationRequested || (process.HasExited && process.ExitCode != 0))
            {
                var end = process.HasExited ? $" and ended with {process.ExitCode}" : "";
                throw new InvalidOperationException($"The server does not start{end}. Its output: {Output}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10));
        }
    }

    private void Signal(int signal)
    {
        if (SendSignal(process.Id, signal) != 0)
        {
            throw new InvalidOperationException(string.Create(
                CultureInfo.InvariantCulture, $"kill -{signal} {process.Id}: {Marshal.GetLastPInvokeErrorMessage()}"));
        }
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (printed)
        {
            printed.AppendLine(line.Data);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int process, int signal);
}
