using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Io;
using Xunit;

namespace DmIo.Faults.Tests.Bench;

/// <summary>The modes of files as rows of a theory. Without io_uring, the rows of the ring are left out, and
/// <see cref="FileModeTests"/> reports the reason.</summary>
internal static class FileModes
{
    private static readonly Lazy<string?> Reason = new(FindReason);

    /// <summary>Why io_uring is not available; null: it is.</summary>
    internal static string? NoRingReason => Reason.Value;

    /// <summary>Through the page cache.</summary>
    public static TheoryData<ServiceMode> Cached() => [.. Modes()];

    /// <summary>Through the page cache and with direct I/O.</summary>
    public static TheoryData<ServiceMode, bool> All()
    {
        var rows = new TheoryData<ServiceMode, bool>();
        foreach (var mode in Modes())
        {
            rows.Add(mode, false);
            rows.Add(mode, true);
        }

        return rows;
    }

    /// <summary>The modes that never block the thread of the device actor.</summary>
    public static TheoryData<ServiceMode> Waiting() => [.. Modes().Where(mode => mode != ServiceMode.Inline)];

    private static IEnumerable<ServiceMode> Modes() => NoRingReason is null
        ? [ServiceMode.Inline, ServiceMode.Ring, ServiceMode.Threads]
        : [ServiceMode.Inline, ServiceMode.Threads];

    private static string? FindReason()
    {
        using var directory = new TemporaryDirectory();
        var options = new FileDeviceOptions
        {
            Path = directory.FilePath("probe"),
            CreateSize = ByteSize.FromSectors(8),
            Mode = ServiceMode.Ring,
        };
        try
        {
            FileDevice.Open(options).DisposeAsync().AsTask().GetAwaiter().GetResult();
            return null;
        }
        catch (DeviceOpenException fault)
        {
            return fault.Message;
        }
    }
}

/// <summary>Fails if a mode is left out.</summary>
public sealed class FileModeTests
{
    [RingFact]
    public void The_kernel_supports_the_ring() => Assert.Null(FileModes.NoRingReason);

    [AttributeUsage(AttributeTargets.Method)]
    private sealed class RingFactAttribute : FactAttribute
    {
        public RingFactAttribute() => Skip = FileModes.NoRingReason;
    }
}
