namespace DmIo.Io;

/// <summary>A request's outcome as an exception, for callers to whom any failed region is the end: see
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
