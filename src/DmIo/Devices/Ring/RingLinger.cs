namespace DmIo.Devices;

/// <summary>
/// Waiting for a ring's next completion on the thread that submitted: one wake-up in the place of three (the
/// submitter's, the reaper's, the owner's), which on a disk of 60 us is a third of the time. Bounded three ways, since
/// the thread is one of the pool: 0.1 ms each; half of the processors at a time, whatever the number of rings; and a
/// ring on which it was in vain is let alone for twice as many turns each time, up to 256.
/// </summary>
internal sealed class RingLinger
{
    private const long LongestNanoseconds = 100_000;
    private const int MostVain = 8;

    private static readonly int Places = Math.Max(1, Environment.ProcessorCount / 2);
    private static int taken;

    private int vain;
    private int toSkip;
    private bool isLacking;

    /// <summary>True: something completed, or a signal came.</summary>
    internal bool WaitFor(MappedRing ring, RingCounters counters)
    {
        if (isLacking || --toSkip >= 0 || ring.HasCompletion)
        {
            return false;
        }

        toSkip = 0;
        if (Interlocked.Increment(ref taken) > Places)
        {
            Interlocked.Decrement(ref taken);
            return false;
        }

        counters.Waits++;
        var errno = ring.Wait(LongestNanoseconds);
        Interlocked.Decrement(ref taken);
        isLacking = errno == Errno.Invalid;
        vain = ring.HasCompletion ? 0 : Math.Min(vain + 1, MostVain);
        toSkip = vain == 0 ? 0 : 1 << vain;
        return ring.HasCompletion;
    }
}
