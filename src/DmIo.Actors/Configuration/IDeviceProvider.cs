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
