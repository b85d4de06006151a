using DmIo.Io;

namespace DmIo.TestKit.Crashes;

/// <summary>
/// One operation that may change a device: what it was to write, when it was issued, when and how it ended. Owned by
/// its <see cref="WriteLog"/>; times are positions in that log. Fields of the end are set once.
/// </summary>
internal sealed class LoggedOperation
{
    /// <summary>Of all operations in the log, from 1 on.</summary>
    internal required int Number { get; init; }

    internal required WriteLogDevice Device { get; init; }

    /// <summary>Write, write zeroes, discard or flush.</summary>
    internal required IoOperation Operation { get; init; }

    internal Sector Start { get; init; }

    internal long LengthBytes { get; init; }

    /// <summary>A copy, taken when it was issued; null: zeroes, or nothing for a flush.</summary>
    internal byte[]? Data { get; init; }

    internal bool ForceUnitAccess { get; init; }

    internal required int IssuedAt { get; init; }

    /// <summary>A position beyond every log's end while it is in flight.</summary>
    internal int EndedAt { get; private set; } = int.MaxValue;

    internal bool IsFailed { get; private set; }

    /// <summary>What it moved, or asked for while it is in flight.</summary>
    internal long WrittenBytes => EndedAt == int.MaxValue || IsFailed ? LengthBytes : movedBytes;

    private long movedBytes;

    internal void End(int at, bool isOk, long bytes)
    {
        EndedAt = at;
        IsFailed = !isOk;
        movedBytes = bytes;
    }

    /// <summary>As in <c>write 3 of disk: sectors 8+8, FUA</c>.</summary>
    public override string ToString()
    {
        var what = Operation == IoOperation.WriteZeroes ? "write zeroes" : Operation.ToString().ToLowerInvariant();
        var count = (LengthBytes + Sector.SizeBytes - 1) / Sector.SizeBytes;
        var where = Operation == IoOperation.Flush ? "" : $": sectors {Start}+{count}";
        return $"{what} {Number} of {Device.Name}{where}{(ForceUnitAccess ? ", FUA" : "")}";
    }
}
