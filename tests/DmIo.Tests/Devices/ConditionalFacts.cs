using System.ComponentModel;
using Xunit;

namespace DmIo.Tests.Devices;

/// <summary>Needs 64-bit Linux's own calls and special files.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute() => Skip = OperatingSystem.IsLinux() ? null : "This is not Linux.";
}

/// <summary>Needs a file system in memory, where Linux has one.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SharedMemoryFactAttribute : FactAttribute
{
    public SharedMemoryFactAttribute() => Skip = Directory.Exists("/dev/shm") ? null : "There is no /dev/shm.";
}

/// <summary>Needs to be refused by permissions, which root never is.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class UnprivilegedFactAttribute : FactAttribute
{
    public UnprivilegedFactAttribute() =>
        Skip = Environment.IsPrivilegedProcess ? "A privileged process is refused nothing by permissions." : null;
}

/// <summary>Needs loop devices: root, losetup, and a kernel that lends one.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LoopDeviceFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> Reason = new(FindReason);

    public LoopDeviceFactAttribute() => Skip = Reason.Value;

    internal static bool IsToBeHad => Reason.Value is null;

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
            return $"No loop device is to be had: {exception.Message}";
        }
    }
}
