using DmIo.Devices;
using DmIo.Devices.Faults;

namespace DmIo.Actors.Tests.Fixtures;

/// <summary>
/// A device whose owner waits for it as for a ring, without an end: until somebody rings, or the test says that the
/// longest wait is over.
/// </summary>
internal sealed class LingeringDevice(IBlockDevice inner) : DeviceDecorator(inner)
{
    // Only a defect waits that long.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly SemaphoreSlim ended = new(0);
    private readonly SemaphoreSlim begun = new(0);
    private readonly SemaphoreSlim driven = new(0);
    private DeviceBell? bell;
    private volatile bool isLetGo;

    public override DeviceDescription Description => base.Description with { Mode = ServiceMode.Ring };

    internal DeviceHost? Host { get; private set; }

    public override void Attach(DeviceHost host)
    {
        Host = host;
        bell = host.Bell;
        bell!.SoundBy(() => ended.Release());
        base.Attach(host);
    }

    public override void Drive()
    {
        base.Drive();
        if (driven.CurrentCount == 0)
        {
            driven.Release();
        }
    }

    public override bool Linger()
    {
        if (!isLetGo && bell!.TryAwait())
        {
            driven.Wait(0);
            begun.Release();
            Xunit.Assert.True(ended.Wait(Patience), "Nobody rang.");
            bell.EndAwait();
        }

        return false;
    }

    /// <summary>Until the owner waits, once more for each call of this.</summary>
    internal void WaitUntilAwaited() => Xunit.Assert.True(begun.Wait(Patience), "The owner does not wait.");

    /// <summary>Until the owner drives the device, since it waited.</summary>
    internal void WaitUntilDriven() => Xunit.Assert.True(driven.Wait(Patience), "The owner takes no turn.");

    /// <summary>The longest wait is over, and nobody rang.</summary>
    internal void EndWait() => ended.Release();

    /// <summary>Nobody waits any more.</summary>
    internal void LetGo()
    {
        isLetGo = true;
        ended.Release();
    }
}
