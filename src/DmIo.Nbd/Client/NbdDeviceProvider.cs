using DmIo.Actors.Configuration;
using DmIo.Devices;

namespace DmIo.Nbd.Client;

/// <summary>
/// Opens devices of the schemes <c>nbd</c>, <c>nbds</c>, <c>nbd+unix</c> and <c>nbds+unix</c>, for the service and for
/// <c>dmio</c>. A configured device may have a block <c>nbd</c>, whose keys and defaults are in
/// <c>hocon/network-disks.conf</c>.
/// </summary>
public sealed class NbdDeviceProvider : IDeviceProvider
{
    /// <inheritdoc/>
    public async Task<IBlockDevice> OpenAsync(DeviceOpening opening, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(opening);
        var options = NbdDeviceSettings.Read(opening);
        return await NbdDevice.OpenAsync(options, cancellationToken).ConfigureAwait(false);
    }
}
