using Akka.Configuration;
using DmIo.Actors.Scheduling;
using DmIo.Devices;

namespace DmIo.Actors.Configuration;

/// <summary>
/// Opens devices by URI, for the schemes that <c>dmio.device-providers</c> maps to it. An implementation has a public
/// parameterless constructor; one instance may open several devices concurrently.
/// </summary>
public interface IDeviceProvider
{
    /// <summary>Opens a device. Must not block the caller: the returned task does the waiting.</summary>
    /// <exception cref="DeviceOpenException">The device cannot be opened; the message names the cause and the fix. Any
    /// other exception is converted to this one.</exception>
    Task<IBlockDevice> OpenAsync(DeviceOpening opening, CancellationToken cancellationToken);
}

/// <summary>The device that an <see cref="IDeviceProvider"/> opens.</summary>
public sealed record DeviceOpening
{
    /// <summary>The URI as written in the configuration or the call.</summary>
    public required string Uri { get; init; }

    /// <summary>The device receives no writes. The service makes a writable device read-only in any case.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>The limit of operations in flight; null: not specified.</summary>
    public QueueDepth? QueueDepth { get; init; }

    /// <summary>
    /// The whole block of a configured device under <c>dmio.devices</c>. The provider reads and validates the nested
    /// blocks that the service does not know. Empty for a device that is not configured.
    /// </summary>
    public Config Settings { get; init; } = Config.Empty;
}
