using DmIo.Devices;
using DmIo.Devices.Faults;

namespace DmIo.TestKit.Crashes;

/// <summary>A device as a crash left it. Knows what that was, so that a log can begin with it.</summary>
internal sealed class CrashedDevice : DeviceDecorator
{
    private readonly Crash crash;
    private readonly WriteLogDevice recorded;

    /// <param name="crash">Which.</param>
    /// <param name="recorded">The device before the crash.</param>
    /// <param name="contents">In memory: durable writes and whole blocks are no trouble to it.</param>
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

    /// <summary>Writes what it held at first over zeroes.</summary>
    internal void Restore(MemoryDevice blank) => crash.Restore(recorded, blank);
}
