using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Io;

namespace DmIo.Tests.Devices.Files;

/// <summary>
/// A file in one of the modes, through the page cache or with direct I/O, with or without an owner. If the machine does
/// not support the ring or direct I/O with blocks of one sector, the file is opened without it.
/// </summary>
public abstract class FileEngineContract : BlockDeviceContract
{
    private protected const string Memory = "/dev/shm";
    private protected const string Disk = "";

    private readonly TemporaryDirectory directory;
    private readonly ServiceMode mode;
    private readonly bool isDirect;
    private readonly bool isOwned;

    private protected FileEngineContract(ServiceMode mode, string place, bool isDirect = false, bool isOwned = false)
    {
        directory = new TemporaryDirectory(Directory.Exists(place) ? place : null);
        this.mode = mode;
        this.isDirect = isDirect;
        this.isOwned = isOwned;
    }

    private protected override IBlockDevice Create(SectorCount capacity)
    {
        var device = Open(new FileDeviceOptions
        {
            Path = directory.FilePath(),
            CreateSize = ByteSize.FromSectors(capacity),
            IsDirect = isDirect && DirectFactAttribute.ReasonAt(directory.Path) is null,
            Mode = mode,
            QueueDepth = 4,
        });
        return isOwned ? new PolledDevice(device) : device;
    }

    private static FileDevice Open(FileDeviceOptions options)
    {
        try
        {
            return FileDevice.Open(options);
        }
        catch (DeviceOpenException) when (options.Mode == ServiceMode.Ring)
        {
            return FileDevice.Open(options with { Mode = null });
        }
    }

    private protected override void Release() => directory.Dispose();
}

public sealed class InlineInMemoryContract() : FileEngineContract(ServiceMode.Inline, Memory);

public sealed class InlineInMemoryOwnedContract() : FileEngineContract(ServiceMode.Inline, Memory, isOwned: true);

public sealed class InlineInMemoryDirectContract() : FileEngineContract(ServiceMode.Inline, Memory, isDirect: true);

public sealed class InlineContract() : FileEngineContract(ServiceMode.Inline, Disk);

public sealed class InlineDirectContract() : FileEngineContract(ServiceMode.Inline, Disk, isDirect: true);

public sealed class InlineDirectOwnedContract()
    : FileEngineContract(ServiceMode.Inline, Disk, isDirect: true, isOwned: true);

public sealed class ThreadsInMemoryContract() : FileEngineContract(ServiceMode.Threads, Memory);

public sealed class ThreadsInMemoryOwnedContract() : FileEngineContract(ServiceMode.Threads, Memory, isOwned: true);

public sealed class ThreadsContract() : FileEngineContract(ServiceMode.Threads, Disk);

public sealed class ThreadsOwnedContract() : FileEngineContract(ServiceMode.Threads, Disk, isOwned: true);

public sealed class ThreadsDirectContract() : FileEngineContract(ServiceMode.Threads, Disk, isDirect: true);

public sealed class ThreadsDirectOwnedContract()
    : FileEngineContract(ServiceMode.Threads, Disk, isDirect: true, isOwned: true);

public sealed class RingInMemoryContract() : FileEngineContract(ServiceMode.Ring, Memory);

public sealed class RingInMemoryOwnedContract() : FileEngineContract(ServiceMode.Ring, Memory, isOwned: true);

public sealed class RingContract() : FileEngineContract(ServiceMode.Ring, Disk);

public sealed class RingOwnedContract() : FileEngineContract(ServiceMode.Ring, Disk, isOwned: true);

public sealed class RingDirectContract() : FileEngineContract(ServiceMode.Ring, Disk, isDirect: true);

public sealed class RingDirectOwnedContract()
    : FileEngineContract(ServiceMode.Ring, Disk, isDirect: true, isOwned: true);
