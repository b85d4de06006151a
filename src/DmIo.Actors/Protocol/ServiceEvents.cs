using DmIo.Devices;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Actors.Protocol;

/// <summary>
/// Changes of state, published on the actor system's event stream as they happen. Subscribe to one, or to
/// <see cref="ServiceEvent"/> for all.
/// </summary>
public static class ServiceEvents
{
    /// <summary>Any of them.</summary>
    public abstract record ServiceEvent;

    /// <summary>A device serves under this name.</summary>
    public sealed record DeviceOnline(string Name, DeviceDescription Description) : ServiceEvent;

    /// <summary>A flush failed, and with it the device, until it is reopened.</summary>
    public sealed record DeviceHasFailed(string Name, IoStatus Status) : ServiceEvent;

    /// <summary>A failed device serves again; writes that were not durable may be lost.</summary>
    public sealed record DeviceReopened(string Name) : ServiceEvent;

    /// <summary>The device is out of service: it was detached, or its actor died.</summary>
    public sealed record DeviceOffline(string Name) : ServiceEvent;

    /// <summary>A lease was granted.</summary>
    public sealed record LeaseOpened(LeaseId Lease, int Pages) : ServiceEvent;

    /// <summary>A lease ended while devices still have I/O of it; its pages wait for them.</summary>
    public sealed record LeaseDraining(LeaseId Lease, int Pages) : ServiceEvent;

    /// <summary>The pages of a lease are back in the pool.</summary>
    public sealed record LeaseClosed(LeaseId Lease, int Pages) : ServiceEvent;
}
