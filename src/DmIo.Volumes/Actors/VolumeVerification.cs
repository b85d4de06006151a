using DmIo.Io;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Sync;

namespace DmIo.Volumes.Actors;

/// <summary>The comparison of the legs of an open volume, for its caller.</summary>
internal sealed class VolumeVerification(VolumeDevice device, string name, ByteSize start)
{
    private static readonly TimeSpan ReportInterval = TimeSpan.FromMilliseconds(100);

    private readonly Verification pass = new(start.Bytes >> RegionRange.RegionShift);

    /// <summary>Compares from the start to the end, or until the caller cancels.</summary>
    /// <exception cref="VolumeException">A comparison runs already, another writer has taken the volume over, or the
    /// volume was closed.</exception>
    internal async Task<VerifyResult> RunAsync(IProgress<VerifyProgress>? progress, CancellationToken cancellation)
    {
        if (!await device.AskAsync(volume => TryBegin(volume)))
        {
            throw new VolumeException($"The legs of the volume '{name}' are being compared already; wait for the end.");
        }

        try
        {
            while (true)
            {
                var isCanceled = cancellation.IsCancellationRequested;
                var (reached, result) = await device.AskAsync(volume => Look(volume, isCanceled));
                progress?.Report(reached);
                if (result is not null)
                {
                    return result;
                }

                await Task.WhenAny(Task.Delay(ReportInterval, cancellation), device.Closed);
            }
        }
        finally
        {
            await device.AskAsync(volume => volume.Synchronization.Verification = null);
        }
    }

    private bool TryBegin(VolumeDevice volume)
    {
        if (volume.Synchronization.Verification is not null)
        {
            return false;
        }

        volume.Synchronization.Verification = pass;
        return true;
    }

    private (VerifyProgress Reached, VerifyResult? Result) Look(VolumeDevice volume, bool isCanceled)
    {
        if (volume.Closed.IsCompleted || volume.Writer.State.IsFenced)
        {
            throw new VolumeException($"The volume '{name}' was closed, or another writer has taken it over, while its "
                + $"legs were compared. They were compared up to {SizeOf(volume, pass.Next).Bytes}.");
        }

        pass.IsCanceled = isCanceled;
        var reached = new VerifyProgress(
            SizeOf(volume, pass.Next),
            volume.Description.Capacity,
            SizeOf(volume, pass.Compared),
            SizeOf(volume, pass.Skipped),
            SizeOf(volume, pass.Differing));
        return (reached, pass.IsEnded ? ResultOf(volume, reached) : null);
    }

    private VerifyResult ResultOf(VolumeDevice volume, VerifyProgress reached)
    {
        var differences = pass.Differences.OrderBy(found => found.Range.First).Select(found =>
        {
            var offset = SizeOf(volume, found.Range.First);
            var length = SizeOf(volume, found.Range.End).Bytes - offset.Bytes;
            return new VerifyDifference(
                offset,
                ByteSize.FromBytes(length),
                volume.NamesOf(found.Difference.Legs),
                found.Difference.IsMinority);
        });
        var isComplete = pass.Next >= volume.Writer.State.Regions;
        return new VerifyResult(
            reached.Compared, reached.Skipped, [.. differences], isComplete ? null : reached.Next);
    }

    private static ByteSize SizeOf(VolumeDevice volume, long regions) =>
        ByteSize.Min(ByteSize.FromBytes(regions << RegionRange.RegionShift), volume.Description.Capacity);
}
