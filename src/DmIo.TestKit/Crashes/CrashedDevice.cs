using DmIo.Devices;
using DmIo.Devices.Faults;

namespace DmIo.TestKit.Crashes;

/// <summary>A device with its contents after a crash. Stores the crash, so that another log can start from
/// it.</summary>
internal sealed class CrashedDevice : DeviceDecorator
{
    private readonly Crash crash;
    private readonly WriteLogDevice recorded;

    /// <param name="crash">The crash.</param>
    /// <param name="recorded">The device before the crash.</param>
    /// <param name="contents">A memory device, which supports durable writes and any block size.</param>
    internal CrashedDevice(Crash crash, WriteLogDevice recorded, MemoryDevice contents)
        : base(contents)
    {
        this.crash = crash;
        this.recorded = recorded;
        Description = contents.Description with
        {
            BlockSize = recorded.Description.BlockSize,
            HasForceUnitAccess = recorded.Description.HasForceUnitAccess,
        };
    }

    /// <inheritdoc/>
    public override DeviceDescription Description { get; }

    /// <summary>Writes the initial contents to a zeroed device.</summary>
    internal void Restore(MemoryDevice target) => crash.Restore(recorded, target);
}
