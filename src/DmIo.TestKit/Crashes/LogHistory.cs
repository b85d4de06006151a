using System.Collections.Concurrent;
using DmIo.Io;

namespace DmIo.TestKit.Crashes;

/// <summary>
/// Analyzes a log: from which event on each write is certain, and at which points a crash must be tried.
/// <list type="bullet">
/// <item>A durable write (FUA) is certain when it has ended.</item>
/// <item>Any other write or zeroing is certain when a flush has succeeded that was issued to its device after the write
/// had ended. Writes that a failed flush covers are never certain: no later flush makes them durable.</item>
/// <item>A failed write or a discard is never certain: the contents are undefined until another write covers
/// them.</item>
/// </list>
/// </summary>
internal sealed class LogHistory
{
    private readonly ConcurrentDictionary<int, IReadOnlyList<ReplayedWrite>> uncertainAt = [];

    internal LogHistory(IReadOnlyList<LogEvent> events)
    {
        Events = events;
        var issued = events.Where(logged => logged.Kind == LogEventKind.Issued)
            .Select(logged => logged.Operation!).ToList();
        var barriers = issued.Where(IsBarrier).ToLookup(operation => operation.Device);
        Writes =
        [
            .. issued.Where(operation => operation.Operation.HasRange())
                .Select(operation => new ReplayedWrite(operation, CertainAt(operation, barriers[operation.Device]))),
        ];
        Points = [.. PointsOf(events)];
    }

    internal IReadOnlyList<LogEvent> Events { get; }

    /// <summary>In issue order. On one sector this is also the completion order, since operations in flight at the same
    /// time do not overlap.</summary>
    internal IReadOnlyList<ReplayedWrite> Writes { get; }

    /// <summary>
    /// The points whose crashes cover all possible crashes: the last points before a write becomes certain or a mark is
    /// set, and the end. A crash at the later of two of these points can leave everything that a crash between them
    /// can.
    /// </summary>
    internal IReadOnlyList<int> Points { get; }

    /// <summary>The writes whose outcome a crash at this point decides, in order: uncertain writes that are
    /// visible.</summary>
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
            else if (write.IsVisibleUnder(
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
        if (write.IsFailed || !write.Operation.DefinesContent())
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

    /// <summary>The event makes a write certain, or shorter.</summary>
    private static bool ReducesOutcomes(LoggedOperation ended) =>
        !ended.IsFailed && (IsBarrier(ended) || ended.WrittenBytes < ended.LengthBytes);

    private static IEnumerable<int> PointsOf(IReadOnlyList<LogEvent> events)
    {
        foreach (var (index, logged) in events.Index())
        {
            var reducesOutcomes = logged.Kind switch
            {
                LogEventKind.Marked => true,
                LogEventKind.Ended => ReducesOutcomes(logged.Operation!),
                _ => false,
            };
            if (reducesOutcomes)
            {
                yield return index;
            }
        }

        yield return events.Count;
    }
}
