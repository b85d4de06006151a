using DmIo.Io;

namespace DmIo.Actors.Client;

/// <summary>Optional properties of a request.</summary>
public sealed record RequestOptions
{
    /// <summary>Force unit access (FUA): the write is durable when it completes. Writes only.</summary>
    public bool ForceUnitAccess { get; init; }

    /// <summary>A region on a file that was truncated while it was attached ends as
    /// <see cref="IoStatusCode.Truncated"/> instead of extending the file again (R13): the part that the file lost
    /// would read as zeroes. Ignored by operations that change no sectors.</summary>
    public bool NoExtend { get; init; }

    /// <summary>The bytes at both ends of each region that the write preserves, for data that is not whole sectors; the
    /// memory holds the bytes between them. Writes only.</summary>
    public WriteEdges Edges { get; init; }

    /// <summary>The method of zeroing. Write zeroes only.</summary>
    public WriteZeroesFlags Zeroing { get; init; }

    /// <summary>The priority at the devices.</summary>
    public IoPriority Priority { get; init; }

    /// <summary>
    /// The latest time of the outcome, counted from the call, including the wait for the lease's pages; null: no limit.
    /// Regions unfinished at the deadline are TimedOut; their memory may still be in use, see
    /// <see cref="IoResult.BufferHeld"/>.
    /// </summary>
    public TimeSpan? Deadline { get; init; }

    /// <summary>Returned as <see cref="IoResult.Context"/>.</summary>
    public object? Context { get; init; }
}
