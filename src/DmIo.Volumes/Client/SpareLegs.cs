using Akka.Event;
using DmIo.Actors.Client;
using DmIo.Actors.Protocol;
using DmIo.Volumes.Actors;

namespace DmIo.Volumes.Client;

/// <summary>Replaces legs of an open volume that stay absent by spares, one at a time.</summary>
internal sealed class SpareLegs(DmIoService service, Volume volume, VolumeOptions options)
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly ILoggingAdapter log = Logging.GetLogger(service.System, typeof(SpareLegs));

    /// <summary>Looks at the legs until the volume is closed.</summary>
    internal async Task RunAsync()
    {
        var (absent, clock) = (new AbsentLegs(options.SpareAfter), TimeProvider.System);
        var start = clock.GetTimestamp();
        var interval = options.SpareAfter < LookInterval ? options.SpareAfter : LookInterval;
        while (!volume.Closed.IsCompleted)
        {
            await Task.WhenAny(Task.Delay(interval, clock), volume.Closed);
            if (absent.Look(await volume.GetStatusAsync(), clock.GetElapsedTime(start)) is { } member)
            {
                await ReplaceAsync(member);
            }
        }
    }

    private async Task ReplaceAsync(int member)
    {
        try
        {
            foreach (var spare in options.Spares)
            {
                if (await TryReplaceAsync(member, spare))
                {
                    return;
                }
            }
        }
        catch (VolumeException fault)
        {
            // The volume was closed or does not serve, or its members are being changed: tried again after SpareAfter.
            log.Warning("The leg {0} of the volume '{1}' was not replaced: {2}", member, volume.Name, fault.Message);
        }
    }

    private async Task<bool> TryReplaceAsync(int member, LegDevices spare)
    {
        int added;
        try
        {
            added = await volume.AddLegForAsync(spare, new MemberOptions(AllowUnfenced: options.AllowUnfenced));
        }
        catch (Exception fault) when (fault is VolumeException or IoRefusedException)
        {
            log.Info("The spare '{0}' of the volume '{1}' cannot be used: {2}", spare, volume.Name, fault.Message);
            return false;
        }

        log.Warning(
            "The leg {0} of the volume '{1}' was absent for {2} s: the spare '{3}' replaces it.",
            member,
            volume.Name,
            options.SpareAfter.TotalSeconds,
            spare);
        service.System.EventStream.Publish(new LegSpared(volume.Name, member, spare));
        await volume.EndReplacementAsync(added, member);
        return true;
    }
}
