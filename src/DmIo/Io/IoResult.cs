namespace DmIo.Io;

/// <summary>
/// The outcome of a request: the regions that failed, the regions whose device does not support the operation, the
/// causes, and the context of the caller. The outcome is a set of bits, never a single status: bit i clear means that
/// region i holds the data. Immutable.
/// </summary>
public sealed class IoResult
{
    private readonly IoStatus[]? statuses;

    /// <summary>Creates the outcome of a request of <paramref name="regionCount"/> regions that all
    /// succeeded.</summary>
    public IoResult(int regionCount, object? context = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(regionCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(regionCount, ErrorBits.Capacity);
        RegionCount = regionCount;
        Context = context;
    }

    /// <summary>Creates the outcome from one status for each region; the result takes ownership of the array.</summary>
    /// <param name="statuses">The statuses of the regions, in the order of the request.</param>
    /// <param name="context">The context of the caller.</param>
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
    /// Bit i: region i failed because its device does not support the operation. A subset of <see cref="Errors"/>.
    /// </summary>
    public ErrorBits Unsupported { get; }

    /// <summary>The number of regions of the request.</summary>
    public int RegionCount { get; }

    /// <summary>The context that the caller passed with the request.</summary>
    public object? Context { get; }

    /// <summary>
    /// A device may still access the memory of the request: do not reuse the memory. The deadline passed or the service
    /// ended before the device was done, or a volume gave up a leg that hangs (then a write may have succeeded). Its
    /// pages count against the lease until the device releases them.
    /// </summary>
    public bool BufferHeld { get; }

    /// <summary>Ends when no device accesses the memory of the request any more: at once, unless
    /// <see cref="BufferHeld"/> is set.</summary>
    public Task Released { get; internal init; } = Task.CompletedTask;

    /// <summary>Bit i: the device of region i holds the memory.</summary>
    internal ErrorBits Held { get; init; }

    /// <summary>What the devices report about the regions; null: nothing about any.</summary>
    internal object?[]? Details { get; init; }

    /// <summary>After <see cref="Released"/>, bit i: it is unknown whether the device of region i will still execute
    /// the operation.</summary>
    internal ErrorBits InDoubt { get; set; }

    /// <summary>No region failed.</summary>
    public bool IsOk => Errors.IsEmpty;

    /// <summary>The status of region <paramref name="index"/> (0 to <see cref="RegionCount"/> - 1).</summary>
    public IoStatus this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, RegionCount);
            return statuses is null ? IoStatus.Ok : statuses[index];
        }
    }

    /// <summary>What the device of region <paramref name="index"/> reports about it beyond the status, whether it
    /// failed or not, such as the <c>VolumeOutcome</c> of a replicated volume; null: nothing. If the device processed
    /// the region in several parts, this is the detail of the last part that has one.</summary>
    public object? DetailOf(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, RegionCount);
        return Details?[index];
    }

    /// <summary>Throws if a region failed, for callers that treat any failure as fatal.</summary>
    /// <exception cref="IoFailedException">A region failed; the exception holds this result.</exception>
    public void ThrowIfFailed()
    {
        if (!IsOk)
        {
            throw new IoFailedException(this);
        }
    }

    /// <summary>Formats the error bits, and the status of each failed region.</summary>
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

    /// <summary>The outcome of the request.</summary>
    public IoResult Result { get; }

    /// <summary>Returns the exception of the first failed region that has an exception.</summary>
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
