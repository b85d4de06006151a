using DmIo.Io;

namespace DmIo.TestKit.Crashes;

/// <summary>The kind of an event in a <see cref="WriteLog"/>.</summary>
internal enum LogEventKind
{
    Issued,
    Ended,
    Marked,
}

/// <summary>One event; its time is its position in the log.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Operation">The operation that was issued or ended.</param>
/// <param name="Mark">The text of a mark.</param>
internal readonly record struct LogEvent(LogEventKind Kind, LoggedOperation? Operation, string? Mark)
{
    public override string ToString() => Kind switch
    {
        LogEventKind.Issued => $"issued {Operation}",
        LogEventKind.Ended => Operation!.IsFailed ? $"FAILED {Operation}" : $"done   {Operation}",
        _ => $"mark   \"{Mark}\"",
    };
}

/// <summary>
/// One operation that may change a device: its data, when it was issued, when and how it ended. Owned by its
/// <see cref="WriteLog"/>; times are positions in that log. The fields of the end are set once.
/// </summary>
internal sealed class LoggedOperation
{
    /// <summary>The number among all operations of the log, from 1 on.</summary>
    internal required int Number { get; init; }

    internal required WriteLogDevice Device { get; init; }

    /// <summary>Write, write zeroes, discard or flush.</summary>
    internal required IoOperation Operation { get; init; }

    internal Sector Start { get; init; }

    internal long LengthBytes { get; init; }

    /// <summary>A copy, taken at the issue; null: zeroes, or no data for a flush.</summary>
    internal byte[]? Data { get; init; }

    internal bool ForceUnitAccess { get; init; }

    internal required int IssuedAt { get; init; }

    /// <summary>While the operation is in flight, a position beyond the end of every log.</summary>
    internal int EndedAt { get; private set; } = int.MaxValue;

    internal bool IsFailed { get; private set; }

    /// <summary>The transferred bytes, or the requested ones while the operation is in flight.</summary>
    internal long WrittenBytes => EndedAt == int.MaxValue || IsFailed ? LengthBytes : transferredBytes;

    private long transferredBytes;

    internal void End(int at, bool isOk, long bytes)
    {
        EndedAt = at;
        IsFailed = !isOk;
        transferredBytes = bytes;
    }

    /// <summary>For example <c>write 3 of disk: sectors 8+8, FUA</c>.</summary>
    public override string ToString()
    {
        var count = (LengthBytes + Sector.SizeBytes - 1) / Sector.SizeBytes;
        var where = !Operation.HasRange() ? "" : $": sectors {Start}+{count}";
        return $"{Operation.Name()} {Number} of {Device.Name}{where}{(ForceUnitAccess ? ", FUA" : "")}";
    }
}
