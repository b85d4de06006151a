using DmIo.Devices;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Actors.Protocol;

/// <summary>
/// State changes, published on the actor system's event stream when they happen. Subscribe to one type, or to
/// <see cref="ServiceEvent"/> for all.
/// </summary>
public static class ServiceEvents
{
    /// <summary>The base of all events.</summary>
    public abstract record ServiceEvent;

    /// <summary>A device is in service under this name.</summary>
    public sealed record DeviceOnline(string Name, DeviceDescription Description) : ServiceEvent;

    /// <summary>The capacity of a device has grown; the description has it.</summary>
    public sealed record DeviceGrown(string Name, DeviceDescription Description) : ServiceEvent;

    /// <summary>A flush failed. The device is failed until it is reopened.</summary>
    public sealed record DeviceHasFailed(string Name, IoStatus Status) : ServiceEvent;

    /// <summary>A failed device is back in service; writes that were not durable may be lost.</summary>
    public sealed record DeviceReopened(string Name) : ServiceEvent;

    /// <summary>The device is out of service: it was detached, or its actor died.</summary>
    public sealed record DeviceOffline(string Name) : ServiceEvent;

    /// <summary>A lease was granted.</summary>
    public sealed record LeaseOpened(LeaseId Lease, int Pages) : ServiceEvent;

    /// <summary>A lease ended while devices still have I/O of it; its pages return to the pool when that I/O is
    /// done.</summary>
    public sealed record LeaseDraining(LeaseId Lease, int Pages) : ServiceEvent;

    /// <summary>The pages of a lease are back in the pool.</summary>
    public sealed record LeaseClosed(LeaseId Lease, int Pages) : ServiceEvent;
}
