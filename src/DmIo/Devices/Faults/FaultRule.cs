using DmIo.Io;

namespace DmIo.Devices.Faults;

/// <summary>
/// When a <see cref="FaultyDevice"/> fails a call, and how. By default every call, for ever, with EIO.
/// </summary>
public sealed record FaultRule
{
    /// <summary>Calls that the rule is about. All else in the rule counts these only.</summary>
    public OperationFilter Filter { get; init; } = OperationFilter.Any;

    /// <summary>How many of them go well first.</summary>
    public long After { get; init; }

    /// <summary>How many failures at most; null: for ever.</summary>
    public long? AtMost { get; init; }

    /// <summary>The chance of each to fail, 0 to 1, drawn from the device's seed.</summary>
    public double Probability { get; init; } = 1;

    /// <summary>What the call answers.</summary>
    public IoStatusCode Code { get; init; } = IoStatusCode.DeviceError;

    /// <summary>The error number in the answer; EIO by default.</summary>
    public int Errno { get; init; } = Io.Errno.InputOutput;

    /// <summary>
    /// How much a read or a write moves before it fails. Not a multiple of the block size: only for backends that
    /// take any length.
    /// </summary>
    public ByteSize PartialTransfer { get; init; }
}

/// <summary>
/// Which calls to a device a decorator is about: by operation and by sectors. By default all of them.
/// </summary>
public sealed record OperationFilter
{
    /// <summary>Every call.</summary>
    public static OperationFilter Any { get; } = new();

    /// <summary>These operations; empty: all.</summary>
    public IReadOnlyCollection<IoOperation> Operations { get; init; } = [];

    /// <summary>Calls that touch a sector from here on. A flush, which has no range, is not asked for one.</summary>
    public Sector Start { get; init; }

    /// <summary>How many sectors from <see cref="Start"/> on.</summary>
    public SectorCount Count { get; init; } = SectorCount.MaxValue;

    /// <summary>These operations on any sector.</summary>
    public static OperationFilter On(params IoOperation[] operations)
    {
        ArgumentNullException.ThrowIfNull(operations);
        return new OperationFilter { Operations = operations };
    }

    /// <summary>Is this call meant?</summary>
    public bool Matches(IoOperation operation, Sector start, SectorCount count) =>
        (Operations.Count == 0 || Operations.Contains(operation))
        && (!operation.HasRange()
            || (start <= Start ? Start.Value - start.Value < count.Value : start.Value - Start.Value < Count.Value));
}
