namespace DmIo.Volumes.Actors;

/// <summary>
/// One grant of a leg: I/O enters it before it is sent, and leaves it when the device has released it. A cut gate lets
/// nothing in; it is drained when everything has left. Thread-safe.
/// </summary>
internal sealed class LegGate
{
    private const long Cut = 1L << 62;

    private readonly TaskCompletionSource drained = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // The I/O inside, and whether the gate is cut.
    private long state;

    /// <summary>The I/O inside.</summary>
    internal long Count => Volatile.Read(ref state) & ~Cut;

    /// <summary>The I/O inside without an answer. Used only on the volume's turn.</summary>
    internal int Unanswered { get; set; }

    /// <summary>Ends when the gate is cut and drained.</summary>
    internal Task Drained => drained.Task;

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
    internal void Leave() => EndIfDrained(Interlocked.Decrement(ref state));

    /// <summary>Cuts the gate.</summary>
    internal void CutAndDrain() => EndIfDrained(Interlocked.Or(ref state, Cut) | Cut);

    private void EndIfDrained(long now)
    {
        if (now == Cut)
        {
            drained.TrySetResult();
        }
    }
}
