using System.Collections.Concurrent;
using DmIo.Io;

namespace DmIo.TestKit.Crashes;

/// <summary>
/// A log, judged: which of its writes are certain from when on, and at which points a crash is worth trying.
/// <list type="bullet">
/// <item>A write that was durable by itself (FUA) is certain when it ended.</item>
/// <item>Another write or zeroes is certain when a flush ended well that was issued to its device after the write had
/// ended. A flush that fails takes with it what it should have covered: no later one makes that certain.</item>
/// <item>A write that failed and a discard never are: what is there is undefined, until another write covers
/// it.</item>
/// </list>
/// </summary>
internal sealed class LogHistory
{
    private readonly ConcurrentDictionary<int, IReadOnlyList<ReplayedWrite>> uncertainAt = [];

    internal LogHistory(IReadOnlyList<LogEvent> events)
    {
        Events = events;
        var issued = events.Where(happened => happened.Kind == LogEventKind.Issued)
            .Select(happened => happened.Operation!).ToList();
        var barriers = issued.Where(IsBarrier).ToLookup(operation => operation.Device);
        Writes =
        [
            .. issued.Where(operation => operation.Operation != IoOperation.Flush)
                .Select(operation => new ReplayedWrite(operation, CertainAt(operation, barriers[operation.Device]))),
        ];
        Points = [.. PointsOf(events)];
    }

    internal IReadOnlyList<LogEvent> Events { get; }

    /// <summary>In the order in which they were issued, which on one sector is the order in which they ended: what is
    /// in flight at the same time does not overlap.</summary>
    internal IReadOnlyList<ReplayedWrite> Writes { get; }

    /// <summary>
    /// Points at which all crashes together are all there are: the last ones before something becomes certain or is
    /// marked, and the end. What a crash between two of them may leave, one at the later may leave too.
    /// </summary>
    internal IReadOnlyList<int> Points { get; }

    /// <summary>What a crash at this point decides about, in order: uncertain writes that are to be seen.</summary>
    internal IReadOnlyList<ReplayedWrite> UncertainAt(int point) => uncertainAt.GetOrAdd(point, FindUncertain);

    private List<ReplayedWrite> FindUncertain(int point)
    {
        var uncertain = new List<ReplayedWrite>();
        var certainLater = new List<ReplayedWrite>();
        foreach (var write in Writes.Where(write => write.IsIssuedAt(point)).Reverse())
        {
            if (write.IsCertainAt(point))
            {
                certainLater.Add(write);
            }
            else if (write.ShowsUnder(
                certainLater.Where(later => later.Operation.Device == write.Operation.Device), point))
            {
                uncertain.Add(write);
            }
        }

        uncertain.Reverse();
        return uncertain;
    }

    private static bool IsBarrier(LoggedOperation operation) =>
        operation.Operation == IoOperation.Flush || operation.ForceUnitAccess;

    private static int CertainAt(LoggedOperation write, IEnumerable<LoggedOperation> barriers)
    {
        if (write.IsFailed || write.Operation == IoOperation.Discard)
        {
            return int.MaxValue;
        }

        if (write.ForceUnitAccess)
        {
            return write.EndedAt;
        }

        var ends = barriers.Where(barrier => barrier.EndedAt > write.EndedAt).OrderBy(barrier => barrier.EndedAt);
        foreach (var barrier in ends.TakeWhile(barrier => !barrier.IsFailed))
        {
            if (barrier.Operation == IoOperation.Flush && barrier.IssuedAt > write.EndedAt)
            {
                return barrier.EndedAt;
            }
        }

        return int.MaxValue;
    }

    /// <summary>Something becomes certain, or shorter.</summary>
    private static bool Narrows(LoggedOperation ended) =>
        !ended.IsFailed && (IsBarrier(ended) || ended.WrittenBytes < ended.LengthBytes);

    private static IEnumerable<int> PointsOf(IReadOnlyList<LogEvent> events)
    {
        foreach (var (index, happened) in events.Index())
        {
            var narrows = happened.Kind switch
            {
                LogEventKind.Marked => true,
                LogEventKind.Ended => Narrows(happened.Operation!),
                _ => false,
            };
            if (narrows)
            {
                yield return index;
            }
        }

        yield return events.Count;
    }
}
