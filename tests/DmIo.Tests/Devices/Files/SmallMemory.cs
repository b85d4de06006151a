using System.ComponentModel;
using System.Diagnostics;
using Xunit;

namespace DmIo.Tests.Devices.Files;

/// <summary>A tmpfs of a few pages, mounted until it is disposed.</summary>
internal sealed class SmallMemory : IDisposable
{
    private readonly TemporaryDirectory directory = new();

    internal SmallMemory(int pages)
    {
        try
        {
            Run("mount", "-t", "tmpfs", "-o", $"size={pages * 4096}", "tmpfs", Path);
        }
        catch (Exception exception) when (exception is InvalidOperationException or Win32Exception)
        {
            directory.Dispose();
            throw;
        }
    }

    internal string Path => directory.Path;

    public void Dispose()
    {
        Run("umount", Path);
        directory.Dispose();
    }

    private static void Run(params string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException(error);
        }
    }
}

/// <summary>Requires the permission to mount a file system: Linux and root.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SmallMemoryFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> Reason = new(FindReason);

    public SmallMemoryFactAttribute() => Skip = Reason.Value;

    private static string? FindReason()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            return "To mount a file system needs Linux and root.";
        }

        try
        {
            using var small = new SmallMemory(pages: 1);
            return null;
        }
        catch (Exception exception) when (exception is InvalidOperationException or Win32Exception)
        {
            return $"No file system can be mounted: {exception.Message}";
        }
    }
}

/// <summary>Requires a tmpfs at /dev/shm.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SharedMemoryTheoryAttribute : TheoryAttribute
{
    public SharedMemoryTheoryAttribute() => Skip = Directory.Exists("/dev/shm") ? null : "/dev/shm does not exist.";
}
