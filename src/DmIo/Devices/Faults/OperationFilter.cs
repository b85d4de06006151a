using DmIo.Io;

namespace DmIo.Devices.Faults;

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
        && (operation == IoOperation.Flush
            || (start <= Start ? Start.Value - start.Value < count.Value : start.Value - Start.Value < Count.Value));
}
