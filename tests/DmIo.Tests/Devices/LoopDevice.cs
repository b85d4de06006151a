using System.Diagnostics;

namespace DmIo.Tests.Devices;

/// <summary>A file as a block device, until it is disposed.</summary>
internal sealed class LoopDevice : IDisposable
{
    internal LoopDevice(string filePath, params string[] options) =>
        Path = Run(["losetup", .. options, "--show", "--find", filePath]);

    internal string Path { get; }

    public void Dispose() => Run(["losetup", "--detach", Path]);

    private static string Run(string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{command[0]} did not start.");
        var output = process.StandardOutput.ReadToEnd().Trim();
        var error = process.StandardError.ReadToEnd().Trim();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException(error);
    }
}
