using DmIo.Io;

namespace DmIo.Actors.Client;

/// <summary>What a request may ask for beyond the ordinary.</summary>
public sealed record RequestOptions
{
    /// <summary>A write is durable when it completes (FUA). Writes only.</summary>
    public bool ForceUnitAccess { get; init; }

    /// <summary>What the write keeps of the ends of each region, for data that is not whole sectors: memory is what
    /// lies between. Writes only.</summary>
    public WriteEdges Edges { get; init; }

    /// <summary>How the sectors are zeroed. Write zeroes only.</summary>
    public WriteZeroesFlags Zeroing { get; init; }

    /// <summary>Which requests go first at the devices.</summary>
    public IoPriority Priority { get; init; }

    /// <summary>
    /// When to be answered at the latest, from the call, the wait for the lease's pages included; null: when it is
    /// done. The regions unfinished by then are TimedOut; mind <see cref="IoResult.BufferHeld"/>.
    /// </summary>
    public TimeSpan? Deadline { get; init; }

    /// <summary>Returned as <see cref="IoResult.Context"/>.</summary>
    public object? Context { get; init; }
}
