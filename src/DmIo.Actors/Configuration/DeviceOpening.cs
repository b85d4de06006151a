using Akka.Configuration;
using DmIo.Actors.Scheduling;

namespace DmIo.Actors.Configuration;

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
