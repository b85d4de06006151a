using System.Diagnostics;

namespace DmIo.Compare;

/// <summary>
/// Runs a subject as a separate process, so that no subject inherits compiled code, heap or threads of another. The
/// child ends with this process.
/// </summary>
internal static class ChildProcess
{
    /// <summary>A run takes seconds; one that takes this long hangs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Runs a .NET program in the directory of this one.</summary>
    internal static Task<string> RunAssemblyAsync(
        string assembly, IReadOnlyList<string> arguments, CancellationToken end) =>
        RunAsync("dotnet", [Path.Combine(AppContext.BaseDirectory, assembly), .. arguments], end);

    /// <summary>Runs a program to its end; returns its standard output.</summary>
    /// <exception cref="SubjectFailedException">The program cannot be started, or its exit code is not 0.</exception>
    internal static async Task<string> RunAsync(
        string program, IReadOnlyList<string> arguments, CancellationToken end)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // The default of applications; the command line tool turns it off, since most of its runs are short.
        start.Environment["DOTNET_TieredPGO"] = "1";
        using var process = Start(start);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(end);
        limit.CancelAfter(Patience);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var error = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode == 0
                ? await output
                : throw new SubjectFailedException(
                    $"{program} ended with {process.ExitCode}: {FirstLine(await error, await output)}");
        }
        catch (OperationCanceledException) when (!end.IsCancellationRequested)
        {
            throw new SubjectFailedException($"{program} did not end within {Patience.TotalMinutes} minutes");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception fault)
        {
            throw new SubjectFailedException($"{start.FileName} cannot be started: {fault.Message}");
        }
    }

    private static string FirstLine(params string[] texts) => texts
        .SelectMany(text => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        .FirstOrDefault("it said nothing");
}
