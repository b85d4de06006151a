using DmIo.Actors.Configuration;
using DmIo.Devices;
using DmIo.Io;

namespace DmIo.Actors.Tests.Providers;

/// <summary>
/// Opens <c>test://</c> URIs as memory with the number of sectors in the block <c>test { sectors }</c>, or 8. By host:
/// <c>silent</c> never completes, <c>closed</c> fails, <c>both</c> completes when two are being opened.
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
                throw new InvalidOperationException("The host is closed.");
        }

        return new MemoryDevice(ByteSize.FromSectors(
            opening.Settings.HasPath("test") ? opening.Settings.GetInt("test.sectors") : 8));
    }
}
