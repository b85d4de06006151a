using DmIo.Memory;

namespace DmIo.Devices;

/// <summary>
/// What the owner of a device gives it when it takes it over (<see cref="IBlockDevice.Attach"/>): a way to ask for a
/// turn, the service's memory, and a place for its news. Immutable.
/// </summary>
public sealed class DeviceHost
{
    private readonly Action wake;

    /// <param name="wake">See <see cref="Wake"/>.</param>
    public DeviceHost(Action wake)
    {
        ArgumentNullException.ThrowIfNull(wake);
        this.wake = wake;
    }

    /// <summary>The memory that leases are cut from, for backends that register buffers with the kernel; null: none is
    /// known.</summary>
    internal PoolMemory? Memory { get; init; }

    /// <summary>
    /// Pages of the pool that are the device's own until it is disposed of, as many as
    /// <see cref="DeviceDescription.BouncePages"/> asked for: what memory that direct I/O can't take goes through.
    /// </summary>
    public IReadOnlyList<Page> BouncePages { get; init; } = [];

    /// <summary>What regions call the device; empty where it has no name.</summary>
    public string DeviceName { get; init; } = "";

    /// <summary>Where the device tells of changes of its state, from any thread: the service publishes them on the
    /// actor system's event stream. Nobody hears of them where it is not set.</summary>
    public Action<object> Publish { get; init; } = static _ => { };

    /// <summary>Asks for a <see cref="IBlockDevice.Drive"/> soon. From any thread, any number of times; cheap when one
    /// is due already.</summary>
    public void Wake() => wake();
}
