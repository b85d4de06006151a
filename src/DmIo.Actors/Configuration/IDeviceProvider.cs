using Akka.Configuration;
using DmIo.Actors.Scheduling;
using DmIo.Devices;

namespace DmIo.Actors.Configuration;

/// <summary>
/// Opens devices that are named by URI, for the schemes that <c>dmio.device-providers</c> gives it. It has a public
/// constructor without parameters; one object may be asked for several devices at the same time.
/// </summary>
public interface IDeviceProvider
{
    /// <summary>Opens a device, without blocking its caller: what it waits for is in the task.</summary>
    /// <exception cref="DeviceOpenException">It can't be opened; the message says why and what would do. Anything else
    /// that is thrown is taken for that, too.</exception>
    Task<IBlockDevice> OpenAsync(DeviceOpening opening, CancellationToken cancellationToken);
}

/// <summary>What an <see cref="IDeviceProvider"/> is to open.</summary>
public sealed record DeviceOpening
{
    /// <summary>The URI as it was written.</summary>
    public required string Uri { get; init; }

    /// <summary>Only reads will come. A device that could write is made read-only in any case.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>How many operations may be in flight at a time; null: nobody has said.</summary>
    public QueueDepth? QueueDepth { get; init; }

    /// <summary>
    /// The device's whole block under <c>dmio.devices</c>, where it is configured; its blocks that the service does not
    /// know are the provider's, to be read and checked by it. Empty for a device that is not configured.
    /// </summary>
    public Config Settings { get; init; } = Config.Empty;
}
