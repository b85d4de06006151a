using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Io;
using Xunit;

namespace DmIo.Faults.Tests.Bench;

/// <summary>The ways in which a file's operations reach the kernel, as rows of a theory. Where the kernel lends no
/// io_uring its rows are left out, and <see cref="WayTests"/> says why.</summary>
internal static class Way
{
    private static readonly Lazy<string?> Reason = new(FindReason);

    /// <summary>Why there is no io_uring; null where there is.</summary>
    internal static string? WhyNoRing => Reason.Value;

    /// <summary>Through the page cache.</summary>
    public static TheoryData<ServiceMode> Cached() => [.. Modes()];

    /// <summary>Through the page cache and past it.</summary>
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

    /// <summary>Those that never block the thread of the device's actor.</summary>
    public static TheoryData<ServiceMode> Waiting() => [.. Modes().Where(mode => mode != ServiceMode.Inline)];

    private static IEnumerable<ServiceMode> Modes() => WhyNoRing is null
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

/// <summary>Says it where a way is left out.</summary>
public sealed class WayTests
{
    [RingFact]
    public void The_ring_takes_part() => Assert.Null(Way.WhyNoRing);

    [AttributeUsage(AttributeTargets.Method)]
    private sealed class RingFactAttribute : FactAttribute
    {
        public RingFactAttribute() => Skip = Way.WhyNoRing;
    }
}
