using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Devices.Files;
using DmIo.Devices.Stores;
using DmIo.Io;

namespace DmIo.Tests.Devices;

public sealed class MemoryDeviceContract : BlockDeviceContract
{
    private protected override IBlockDevice Create(SectorCount capacity) =>
        new MemoryDevice(ByteSize.FromSectors(capacity));
}

/// <summary>
/// A file in the directory for temporary files; derived classes add an inactive decorator.
/// </summary>
public class FileDeviceContract : BlockDeviceContract
{
    private readonly TemporaryDirectory directory;

    public FileDeviceContract()
        : this(parent: null)
    {
    }

    private protected FileDeviceContract(string? parent) => directory = new TemporaryDirectory(parent);

    private protected override IBlockDevice Create(SectorCount capacity) =>
        Wrap(FileDevice.Open(new FileDeviceOptions
        {
            Path = directory.FilePath(),
            CreateSize = ByteSize.FromSectors(capacity),
        }));

    private protected virtual IBlockDevice Wrap(IBlockDevice device) => device;

    private protected override void Release() => directory.Dispose();
}

/// <summary>
/// A file on tmpfs, which has holes but no zero ranges. Without /dev/shm: as the base class.
/// </summary>
public sealed class SharedMemoryFileDeviceContract()
    : FileDeviceContract(Directory.Exists("/dev/shm") ? "/dev/shm" : null);

/// <summary>A file accessed by .NET only, as on systems other than Linux.</summary>
public sealed class PortableFileDeviceContract : BlockDeviceContract
{
    private readonly TemporaryDirectory directory = new();

    private protected override IBlockDevice Create(SectorCount capacity)
    {
        var path = directory.FilePath();
        var handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
        RandomAccess.SetLength(handle, capacity.Bytes);
        return FileDevices.Threaded(new PortableFileStore(handle, ByteSize.FromSectors(capacity), isReadOnly: false));
    }

    private protected override void Release() => directory.Dispose();
}

public sealed class InactiveFaultyDeviceContract : FileDeviceContract
{
    private protected override IBlockDevice Wrap(IBlockDevice device) =>
        new FaultyDevice(device, seed: 1, new FaultRule { After = long.MaxValue });
}

public sealed class InactiveDelayedDeviceContract : FileDeviceContract
{
    private protected override IBlockDevice Wrap(IBlockDevice device) => new DelayedDevice(device, new DeviceDelays());
}

public sealed class InactiveHungDeviceContract : FileDeviceContract
{
    private protected override IBlockDevice Wrap(IBlockDevice device)
    {
        var stuck = new HungDevice(device);
        stuck.Release();
        return stuck;
    }
}

public sealed class InactiveLimitedDeviceContract : FileDeviceContract
{
    private protected override IBlockDevice Wrap(IBlockDevice device) =>
        new LimitedDevice(device, description => description);
}

public sealed class RecordingDeviceContract : FileDeviceContract
{
    private protected override IBlockDevice Wrap(IBlockDevice device) => new RecordingDevice(device);
}

public sealed class FailStopDeviceContract : FileDeviceContract
{
    private protected override IBlockDevice Wrap(IBlockDevice device) => new FailStopDevice(device);
}
