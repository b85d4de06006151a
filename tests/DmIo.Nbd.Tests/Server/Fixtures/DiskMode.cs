using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Io;

namespace DmIo.Nbd.Tests.Server;

/// <summary>The kind of device. Each completes reads in a different order and at different times.</summary>
public enum DiskMode
{
    Memory,
    Inline,
    Threads,
    Ring,
    Direct,
}

/// <summary>The modes that this machine supports.</summary>
internal static class DiskModes
{
    internal static IReadOnlyList<DiskMode> Supported { get; } = [.. Enum.GetValues<DiskMode>().Where(IsSupported)];

    /// <summary>A zeroed disk of the mode; its file, if any, is in the directory.</summary>
    internal static IBlockDevice Open(DiskMode mode, TemporaryDirectory home, string name, SectorCount size) =>
        mode == DiskMode.Memory ? new MemoryDevice(ByteSize.FromSectors(size)) : FileDevice.Open(new FileDeviceOptions
        {
            Path = home.FilePath(name),
            CreateSize = ByteSize.FromSectors(size),
            Mode = mode switch
            {
                DiskMode.Inline => ServiceMode.Inline,
                DiskMode.Threads => ServiceMode.Threads,
                DiskMode.Ring => ServiceMode.Ring,
                _ => null,
            },
            IsDirect = mode == DiskMode.Direct,
        });

    private static bool IsSupported(DiskMode mode)
    {
        using var home = new TemporaryDirectory();
        try
        {
            Open(mode, home, "probe", 128).DisposeAsync().AsTask().Wait(Patience.Limit);
            return true;
        }
        catch (DeviceOpenException)
        {
            return false;
        }
    }
}
