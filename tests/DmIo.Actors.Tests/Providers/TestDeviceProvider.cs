using DmIo.Actors.Configuration;
using DmIo.Devices;
using DmIo.Io;

namespace DmIo.Actors.Tests.Providers;

/// <summary>
/// Opens <c>test://</c> URIs: memory with as many sectors as the block <c>test { sectors }</c> says, or 8; never where
/// the host is <c>silent</c>; not where it is <c>closed</c>; where it is <c>both</c>, when two are being opened.
/// </summary>
public sealed class TestDeviceProvider : IDeviceProvider
{
    internal const string TypeName = "DmIo.Actors.Tests.Providers.TestDeviceProvider, DmIo.Actors.Tests";

    private readonly TaskCompletionSource both = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int begun;

    public async Task<IBlockDevice> OpenAsync(DeviceOpening opening, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(opening);
        switch (new Uri(opening.Uri).Host)
        {
            case "silent":
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
                break;
            case "both":
                if (Interlocked.Increment(ref begun) == 2)
                {
                    both.SetResult();
                }

                await both.Task.WaitAsync(cancellationToken);
                break;
            case "closed":
                throw new InvalidOperationException("Nobody is at home.");
        }

        return new MemoryDevice(ByteSize.FromSectors(
            opening.Settings.HasPath("test") ? opening.Settings.GetInt("test.sectors") : 8));
    }
}
