using Akka.Event;
using DmIo.Actors.Client;
using DmIo.Actors.Protocol;
using DmIo.Io;
using DmIo.Volumes.Actors;

namespace DmIo.Volumes.Client;

/// <summary>Replaces legs of an open volume that stay absent by spares.</summary>
internal sealed class SpareLegs(DmIoService service, Volume volume, VolumeOptions options)
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    // The members of spares, by the absent leg that each replaces, until that one is removed.
    private readonly Dictionary<int, int> replacing = [];
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
            try
            {
                await EndAsync(await volume.GetStatusAsync());

                // Without the legs that were just removed.
                var status = await volume.GetStatusAsync();
                if (absent.Look(status, clock.GetElapsedTime(start)) is { } member)
                {
                    await ReplaceAsync(member, status);
                }
            }
            catch (Exception fault)
            {
                // The volume does not serve, or its members are being changed: the next look tries again.
                if (!volume.Closed.IsCompleted)
                {
                    log.Warning("A leg of the volume '{0}' was not replaced: {1}", volume.Name, fault.Message);
                }
            }
        }
    }

    /// <summary>Removes the legs whose spare is in sync. One that has returned meanwhile stays.</summary>
    private async Task EndAsync(VolumeStatus status)
    {
        foreach (var (member, added) in replacing.ToList())
        {
            var mayReplace = AbsentLegs.MayReplace(status, member, added);
            if (mayReplace == true)
            {
                await volume.RemoveAsync(member);
            }

            if (mayReplace != false)
            {
                replacing.Remove(member);
            }
        }
    }

    private async Task ReplaceAsync(int absent, VolumeStatus status)
    {
        if (replacing.ContainsKey(absent))
        {
            // Its spare is being synchronized.
            return;
        }

        // A spare that was lost is not tried again at once.
        var spares = options.Spares.Where(spare => status.Legs.All(leg => leg.Device != spare.Data)).ToList();
        if (await RemoveSpareAsync(absent) is { } replaced)
        {
            (absent, status) = (replaced, await volume.GetStatusAsync());
        }

        foreach (var spare in spares)
        {
            if (await TryAddAsync(absent, spare, status))
            {
                return;
            }
        }
    }

    /// <summary>Removes a spare that was lost before it was in sync: the next one takes its turn.</summary>
    /// <returns>The leg that the spare was to replace; null: the leg is no such spare.</returns>
    private async Task<int?> RemoveSpareAsync(int lost)
    {
        if (!replacing.ContainsValue(lost))
        {
            return null;
        }

        var member = replacing.First(spare => spare.Value == lost).Key;
        log.Warning(
            "The spare that became leg {0} of the volume '{1}' was lost before it replaced leg {2}, and is removed.",
            lost,
            volume.Name,
            member);
        await volume.RemoveAsync(lost);
        replacing.Remove(member);
        return member;
    }

    private async Task<bool> TryAddAsync(int member, LegDevices spare, VolumeStatus status)
    {
        try
        {
            var accepted = new MemberOptions(AllowUnfenced: options.AllowUnfenced);
            var added = await volume.AddAsync(spare, isWitness: false, accepted);
            if (status.Legs.Any(leg => leg.Member == added))
            {
                // It was a leg already, which was not found.
                return false;
            }

            replacing[member] = added;
        }
        catch (Exception fault) when (fault is VolumeException or IoRefusedException or IoFailedException)
        {
            log.Warning("The spare '{0}' of the volume '{1}' cannot be used: {2}", spare, volume.Name, fault.Message);
            return false;
        }

        log.Warning(
            "The leg {0} of the volume '{1}' was absent for {2} s: the spare '{3}' replaces it.",
            member,
            volume.Name,
            options.SpareAfter.TotalSeconds,
            spare);
        service.System.EventStream.Publish(new LegSpared(volume.Name, member, spare));
        return true;
    }
}
