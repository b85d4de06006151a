namespace DmIo.Io;

/// <summary>
/// The outcome of a request: the regions that failed, the failures for lack of support, the causes, and the context of
/// the caller. A set, never a scalar: bit i clear means that region i holds the data. Immutable.
/// </summary>
public sealed class IoResult
{
    private readonly IoStatus[]? statuses;

    /// <summary>The outcome of a request of <paramref name="regionCount"/> regions that all went well.</summary>
    public IoResult(int regionCount, object? context = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(regionCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(regionCount, ErrorBits.Capacity);
        RegionCount = regionCount;
        Context = context;
    }

    /// <summary>The outcome by region; the array becomes the result's own.</summary>
    /// <param name="statuses">One for each region, in the order of the request.</param>
    /// <param name="context">What the caller gave along.</param>
    /// <param name="bufferHeld">See <see cref="BufferHeld"/>.</param>
    public IoResult(IoStatus[] statuses, object? context = null, bool bufferHeld = false)
    {
        ArgumentNullException.ThrowIfNull(statuses);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(statuses.Length, ErrorBits.Capacity, nameof(statuses));
        this.statuses = statuses;
        RegionCount = statuses.Length;
        Context = context;
        BufferHeld = bufferHeld;
        for (var index = 0; index < statuses.Length; index++)
        {
            Errors = statuses[index].IsOk ? Errors : Errors.With(index);
            Unsupported = statuses[index].Code == IoStatusCode.Unsupported ? Unsupported.With(index) : Unsupported;
        }
    }

    /// <summary>Bit i: region i failed.</summary>
    public ErrorBits Errors { get; }

    /// <summary>
    /// Bit i: region i failed since its device has no such operation. A subset of <see cref="Errors"/>.
    /// </summary>
    public ErrorBits Unsupported { get; }

    /// <summary>How many regions the request had.</summary>
    public int RegionCount { get; }

    /// <summary>What the caller gave along with the request.</summary>
    public object? Context { get; }

    /// <summary>
    /// A device may still access the memory of the request, because the deadline or the end of the service came first:
    /// do not reuse the memory. Its pages stay counted against the lease until the device releases them. False in every
    /// other outcome.
    /// </summary>
    public bool BufferHeld { get; }

    /// <summary>No region failed.</summary>
    public bool IsOk => Errors.IsEmpty;

    /// <summary>How region <paramref name="index"/> (0 to <see cref="RegionCount"/> - 1) ended.</summary>
    public IoStatus this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, RegionCount);
            return statuses is null ? IoStatus.Ok : statuses[index];
        }
    }

    /// <summary>Throws if a region failed, for callers that treat any failure as fatal.</summary>
    /// <exception cref="IoFailedException">A region failed; holds this result.</exception>
    public void ThrowIfFailed()
    {
        if (!IsOk)
        {
            throw new IoFailedException(this);
        }
    }

    /// <summary>The error bits, and each failed region's status.</summary>
    public override string ToString()
    {
        var text = new System.Text.StringBuilder(Errors.ToString());
        foreach (var index in Errors)
        {
            text.Append($"; region {index}: {this[index]}");
        }

        return text.Append(BufferHeld ? "; buffer still held" : "").ToString();
    }
}

/// <summary>The outcome of a request as an exception, for callers that treat any failure as fatal: see
/// <see cref="IoResult.ThrowIfFailed"/>.</summary>
public sealed class IoFailedException : Exception
{
    public IoFailedException(IoResult result)
        : base($"{result?.Errors.Count} of {result?.RegionCount} regions failed: {result}", CauseOf(result))
    {
        ArgumentNullException.ThrowIfNull(result);
        Result = result;
    }

    /// <summary>The whole outcome.</summary>
    public IoResult Result { get; }

    /// <summary>The exception of the first failed region that has one.</summary>
    private static Exception? CauseOf(IoResult? result)
    {
        for (var index = 0; index < result?.RegionCount; index++)
        {
            if (result[index].Failure?.Exception is { } cause)
            {
                return cause;
            }
        }

        return null;
    }
}
