using Akka.Event;

namespace DmIo.Volumes.Actors;

/// <summary>Logs the changes of the state of a volume: a burst of them, then about one a second, so that a leg that
/// comes and goes does not fill the log. Used by the volume's actor only.</summary>
internal sealed class StateLog(ILoggingAdapter log, TimeProvider clock)
{
    private const int Burst = 10;
    private static readonly TimeSpan Refill = TimeSpan.FromSeconds(1);

    private string last = "";
    private bool hasBeenHealthy;
    private int allowed = Burst;
    private long refilledAt = clock.GetTimestamp();
    private int suppressed;

    /// <summary>Logs the state if it has changed.</summary>
    /// <returns>It has changed.</returns>
    internal bool IsNew(VolumeStatus status)
    {
        var text = status.ToString();
        if (text == last)
        {
            return false;
        }

        last = text;
        hasBeenHealthy |= status.State == VolumeState.Healthy;
        if (MayLog())
        {
            Log(status, suppressed == 0 ? text : $"{text} ({suppressed} changes before were not logged)");
            suppressed = 0;
        }
        else
        {
            suppressed++;
        }

        return true;
    }

    private bool MayLog()
    {
        var refills = (int)Math.Min(Burst, clock.GetElapsedTime(refilledAt) / Refill);
        if (refills > 0)
        {
            (allowed, refilledAt) = (Math.Min(Burst, allowed + refills), clock.GetTimestamp());
        }

        if (allowed == 0)
        {
            return false;
        }

        allowed--;
        return true;
    }

    private void Log(VolumeStatus status, string text)
    {
        if (hasBeenHealthy && status.State is (VolumeState.Degraded or VolumeState.Suspended or VolumeState.Fenced))
        {
            log.Warning("{0}", text);
        }
        else
        {
            log.Info("{0}", text);
        }
    }
}
