using System.Globalization;
using DmIo.Devices;
using DmIo.Devices.Files;
using Xunit;

namespace DmIo.Testing.Peers;

/// <summary>Requires these programs, and direct I/O in the directory for temporary files.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class DirectPeerFactAttribute : FactAttribute
{
    public DirectPeerFactAttribute(params string[] programs) => Skip = Programs.Missing(programs) ?? FindReason();

    private static string? FindReason()
    {
        using var directory = new TemporaryDirectory();
        try
        {
            var options = new FileDeviceOptions { Path = directory.SparseFile("probe", 1 << 20), IsDirect = true };
            FileDevice.Open(options).DisposeAsync().AsTask().Wait(Patience.Limit);
            return null;
        }
        catch (DeviceOpenException fault)
        {
            return fault.Message;
        }
    }
}

/// <summary>Requires fio with its nbd engine.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FioTheoryAttribute : TheoryAttribute
{
    private static readonly Lazy<string?> Reason = new(FindReason);

    public FioTheoryAttribute() => Skip = Reason.Value;

    private static string? FindReason()
    {
        if (Programs.Missing("fio") is { } missing)
        {
            return missing;
        }

        var (_, printed) = PeerProcess.RunAsync("fio", "--enghelp=nbd").GetAwaiter().GetResult();
        return printed.Contains("uri", StringComparison.Ordinal) ? null : "This fio was built without its nbd engine.";
    }
}

/// <summary>Requires these programs, FUSE, loop devices, and the permission to mount.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class MountFactAttribute : FactAttribute
{
    private const int SystemAdministration = 21;

    public MountFactAttribute(params string[] programs) => Skip = Programs.Missing(programs) ?? FindReason();

    internal static string? FindReason()
    {
        if (!OperatingSystem.IsLinux() || !MayMount())
        {
            return "Mounting needs Linux and the capability CAP_SYS_ADMIN.";
        }

        foreach (var path in (string[])["/dev/fuse", "/dev/loop-control"])
        {
            try
            {
                File.OpenHandle(path, access: FileAccess.ReadWrite, share: FileShare.ReadWrite).Dispose();
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                return $"{path} is not available: {fault.Message}";
            }
        }

        return null;
    }

    private static bool MayMount()
    {
        var line = File.ReadLines("/proc/self/status")
            .First(line => line.StartsWith("CapEff:", StringComparison.Ordinal));
        var capabilities = ulong.Parse(
            line["CapEff:".Length..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return (capabilities >> SystemAdministration & 1) != 0;
    }
}

/// <inheritdoc cref="MountFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
public sealed class MountTheoryAttribute : TheoryAttribute
{
    public MountTheoryAttribute(params string[] programs) =>
        Skip = Programs.Missing(programs) ?? MountFactAttribute.FindReason();
}
