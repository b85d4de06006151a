// How often a child was restarted, and since when. A time range opens with the first restart and stays open for
// its length; a restart after that opens a new one and is always allowed.
using System.Diagnostics;

namespace Akka.Actor;

internal sealed class ChildRestartStats(LocalActorRef child)
{
    private int _restarts;
    private long _windowStart;

    internal LocalActorRef Child => child;

    internal bool RequestRestartPermission(int maxNumberOfRetries, int withinTimeMilliseconds)
    {
        if (maxNumberOfRetries == 0)
        {
            return false;
        }

        if (withinTimeMilliseconds <= 0)
        {
            return maxNumberOfRetries < 0 || ++_restarts <= maxNumberOfRetries;
        }

        var allowed = maxNumberOfRetries < 0 ? 1 : maxNumberOfRetries;
        var isOpen = _windowStart != 0
            && Stopwatch.GetElapsedTime(_windowStart).TotalMilliseconds <= withinTimeMilliseconds;
        if (!isOpen)
        {
            _windowStart = Stopwatch.GetTimestamp();
            _restarts = 0;
        }

        return ++_restarts <= allowed;
    }
}
