namespace DmIo.Volumes.Actors;

/// <summary>
/// One grant of a leg: I/O enters it before it is sent, and leaves it when the device has released it. A cut gate lets
/// nothing in; it is drained when everything has left. Thread-safe.
/// </summary>
internal sealed class LegGate
{
    private const long Cut = 1L << 62;

    // The I/O inside, and whether the gate is cut.
    private long state;
    private Action? drained;

    /// <summary>The I/O inside.</summary>
    internal long Count => Volatile.Read(ref state) & ~Cut;

    /// <summary>Lets I/O in; false: the gate is cut, and the I/O must not be sent.</summary>
    internal bool TryEnter()
    {
        if ((Interlocked.Increment(ref state) & Cut) == 0)
        {
            return true;
        }

        Leave();
        return false;
    }

    /// <summary>The device has released the I/O.</summary>
    internal void Leave()
    {
        if (Interlocked.Decrement(ref state) == Cut)
        {
            Interlocked.Exchange(ref drained, null)?.Invoke();
        }
    }

    /// <summary>Cuts the gate, once.</summary>
    /// <param name="whenDrained">Called once, on any thread, when nothing is inside.</param>
    internal void CutAndDrain(Action whenDrained)
    {
        drained = whenDrained;
        if (Interlocked.Add(ref state, Cut) == Cut)
        {
            Interlocked.Exchange(ref drained, null)?.Invoke();
        }
    }
}
