using DmIo.Devices;
using DmIo.Io;

namespace DmIo.Actors.Tests.Providers;

/// <summary>
/// Opens <c>test://</c> URIs: memory with as many sectors as the block <c>test { sectors }</c> says, or 8; never where
/// the host is <c>silent</c>; not where it is <c>closed</c>.
/// </summary>
public sealed class TestDeviceProvider : IDeviceProvider
{
    internal const string TypeName = "DmIo.Actors.Tests.Providers.TestDeviceProvider, DmIo.Actors.Tests";

    public async Task<IBlockDevice> OpenAsync(DeviceOpening opening, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(opening);
        switch (new Uri(opening.Uri).Host)
        {
            case "silent":
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
                break;
            case "closed":
                throw new InvalidOperationException("Nobody is at home.");
        }

        return new MemoryDevice(ByteSize.FromSectors(
            opening.Settings.HasPath("test") ? opening.Settings.GetInt("test.sectors") : 8));
    }
}
