namespace DmIo.TestKit.Crashes;

/// <summary>
/// Shrinks a failing crash as long as it still fails: an earlier point, fewer writes lost or torn, lost rather than
/// torn. Greedy, and bounded: the result is small, but not provably the smallest.
/// </summary>
internal sealed class CrashShrinker(WriteLogReplayer replayer, Func<Crash, Task<Exception?>> tryAsync)
{
    private const int MaxAttempts = 5000;

    private Crash best = null!;
    private Exception reason = null!;
    private int attempts;

    internal async Task<(Crash Crash, Exception Reason)> ShrinkAsync(Crash failing, Exception exception)
    {
        best = failing;
        reason = exception;
        bool isSmaller;
        do
        {
            isSmaller = await TryEarlierPointsAsync() | await TryLessDamageAsync();
        }
        while (isSmaller && attempts < MaxAttempts);
        return (best, reason);
    }

    private async Task<bool> TryEarlierPointsAsync()
    {
        var tears = best;
        for (var point = 0; point < best.Point; point++)
        {
            if (await FailsAsync(replayer.CrashAt(point, tears.TearOf)))
            {
                return true;
            }
        }

        return false;
    }

    private async Task<bool> TryLessDamageAsync()
    {
        var isSmaller = false;
        foreach (var write in best.Damaged.ToList())
        {
            var tears = best;
            isSmaller |= await FailsAsync(With(tears, write, Tear.Whole))
                || (tears.TearOf(write) != Tear.Lost && await FailsAsync(With(tears, write, Tear.Lost)));
        }

        return isSmaller;
    }

    private Crash With(Crash crash, ReplayedWrite changed, Tear tear) =>
        replayer.CrashAt(crash.Point, write => write == changed ? tear : crash.TearOf(write));

    private async Task<bool> FailsAsync(Crash crash)
    {
        if (attempts++ >= MaxAttempts || await tryAsync(crash) is not { } exception)
        {
            return false;
        }

        (best, reason) = (crash, exception);
        return true;
    }
}
