using DmIo.Io;

namespace DmIo.Devices.Faults;

/// <summary>
/// A rule of a <see cref="FaultyDevice"/>: which calls fail, and how. By default every call fails with EIO, without
/// end.
/// </summary>
public sealed record FaultRule
{
    /// <summary>The calls that match the rule. The other properties count only these calls.</summary>
    public OperationFilter Filter { get; init; } = OperationFilter.Any;

    /// <summary>The number of matching calls that succeed first.</summary>
    public long After { get; init; }

    /// <summary>The largest number of failures; null: unlimited.</summary>
    public long? MaxCount { get; init; }

    /// <summary>The probability that a matching call fails, 0 to 1, drawn from the seed of the device.</summary>
    public double Probability { get; init; } = 1;

    /// <summary>The status code of a failed call.</summary>
    public IoStatusCode Code { get; init; } = IoStatusCode.DeviceError;

    /// <summary>The error number of a failed call; EIO by default.</summary>
    public int Errno { get; init; } = Io.Errno.InputOutput;

    /// <summary>
    /// The bytes that a read or a write transfers before it fails. A value that is not a multiple of the block size is
    /// only for backends that accept any length.
    /// </summary>
    public ByteSize PartialTransfer { get; init; }
}

/// <summary>
/// Selects calls to a device by operation and by sectors. By default, all calls match.
/// </summary>
public sealed record OperationFilter
{
    /// <summary>Every call.</summary>
    public static OperationFilter Any { get; } = new();

    /// <summary>The operations that match; empty: all.</summary>
    public IReadOnlyCollection<IoOperation> Operations { get; init; } = [];

    /// <summary>The first sector of the range: a call matches if it touches a sector of the range. A flush, which has
    /// no sectors, matches any range.</summary>
    public Sector Start { get; init; }

    /// <summary>The number of sectors in the range, from <see cref="Start"/> on.</summary>
    public SectorCount Count { get; init; } = SectorCount.MaxValue;

    /// <summary>Returns a filter for these operations on any sector.</summary>
    public static OperationFilter On(params IoOperation[] operations)
    {
        ArgumentNullException.ThrowIfNull(operations);
        return new OperationFilter { Operations = operations };
    }

    /// <summary>Returns whether the call matches.</summary>
    public bool Matches(in DeviceOperation operation) =>
        (Operations.Count == 0 || Operations.Contains(operation.Kind))
        && (!operation.Kind.HasRange()
            || (operation.Start <= Start
                ? Start.Value - operation.Start.Value < operation.Count.Value
                : operation.Start.Value - Start.Value < Count.Value));
}
