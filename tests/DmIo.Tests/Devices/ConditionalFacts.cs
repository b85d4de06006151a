using System.ComponentModel;
using Xunit;

namespace DmIo.Tests.Devices;

/// <summary>Requires system calls and special files of 64-bit Linux.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute() => Skip = OperatingSystem.IsLinux() ? null : "This is not Linux.";
}

/// <summary>Requires a tmpfs at /dev/shm.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SharedMemoryFactAttribute : FactAttribute
{
    public SharedMemoryFactAttribute() => Skip = Directory.Exists("/dev/shm") ? null : "/dev/shm does not exist.";
}

/// <summary>Requires a user whose access is limited by permissions, unlike root.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class UnprivilegedFactAttribute : FactAttribute
{
    public UnprivilegedFactAttribute() =>
        Skip = Environment.IsPrivilegedProcess ? "Permissions do not limit a privileged process." : null;
}

/// <summary>Requires loop devices: root, losetup, and a kernel that supports them.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LoopDeviceFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> Reason = new(FindReason);

    public LoopDeviceFactAttribute() => Skip = Reason.Value;

    internal static bool IsAvailable => Reason.Value is null;

    private static string? FindReason()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            return "Loop devices need Linux and root.";
        }

        using var directory = new TemporaryDirectory();
        var path = directory.FilePath();
        File.WriteAllBytes(path, new byte[1 << 20]);
        try
        {
            using var device = new LoopDevice(path);
            return null;
        }
        catch (Exception exception) when (exception is InvalidOperationException or Win32Exception)
        {
            return $"No loop device is available: {exception.Message}";
        }
    }
}
