using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Io;

namespace DmIo.Tests.Devices.Files;

/// <summary>A block device in one of the modes. Without loop devices: the file itself.</summary>
public abstract class LoopDeviceContract : BlockDeviceContract
{
    private readonly TemporaryDirectory directory = new();
    private readonly ServiceMode? mode;
    private readonly bool isDirect;
    private LoopDevice? loop;

    private protected LoopDeviceContract(ServiceMode? mode, bool isDirect = false)
    {
        this.mode = mode;
        this.isDirect = isDirect;
    }

    private protected override IBlockDevice Create(SectorCount capacity)
    {
        File.WriteAllBytes(directory.FilePath(), new byte[capacity.Bytes]);
        loop = LoopDeviceFactAttribute.IsAvailable ? new LoopDevice(directory.FilePath()) : null;
        return new PolledDevice(FileDevice.Open(new FileDeviceOptions
        {
            Path = loop?.Path ?? directory.FilePath(),
            Mode = mode,
            IsDirect = isDirect && loop is not null,
        }));
    }

    private protected override void Release()
    {
        loop?.Dispose();
        directory.Dispose();
    }
}

public sealed class LoopDeviceDefaultModeContract() : LoopDeviceContract(mode: null);

public sealed class LoopDeviceDefaultModeDirectContract() : LoopDeviceContract(mode: null, isDirect: true);

public sealed class LoopDeviceThreadsDirectContract() : LoopDeviceContract(ServiceMode.Threads, isDirect: true);
