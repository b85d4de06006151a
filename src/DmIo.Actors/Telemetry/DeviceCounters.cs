using Akka.Actor;
using DmIo.Actors.Scheduling;
using DmIo.Devices;
using DmIo.Io;

namespace DmIo.Actors.Telemetry;

/// <summary>
/// The counters of a device actor. Plain fields that only the actor writes, on its turns, to keep counting cheap;
/// <see cref="Snapshot"/> reads them from any thread. Shared with the supervisor, which outlives the actor.
/// </summary>
internal sealed class DeviceCounters(
    string name, ServiceMode mode, SchedulingPolicy policy, ITimeProvider clock)
{
    private const long None = long.MinValue;

    // By operation.
    private readonly OperationCounts[] ended = [.. IoOperationTraits.All.Select(_ => new OperationCounts())];
    private readonly LatencyCounts latencies = new();
    private long issued;
    private long merged;
    private long flushesIssued;
    private long turns;
    private long messagesReceived;
    private long messagesSent;
    private int waiting;
    private int inFlight;
    private int depth;
    private long oldestTicks = None;
    private long turnTicks = None;

    internal string Name => name;

    /// <summary>The queue of the device actor, for invariant checks of the simulation, which runs on one thread.
    /// Nothing else may access it from outside the actor.</summary>
    internal IoQueue? Queue { get; set; }

    internal long Issued => Volatile.Read(ref issued);

    internal long Merged => Volatile.Read(ref merged);

    internal long FlushesIssued => Volatile.Read(ref flushesIssued);

    internal int Waiting => Volatile.Read(ref waiting);

    internal int InFlight => Volatile.Read(ref inFlight);

    internal int Depth => Volatile.Read(ref depth);

    /// <summary>The time when the oldest operation in flight was issued; null: none is in flight.</summary>
    /// <remarks>An operation that blocks the device's turn was issued when the turn began.</remarks>
    internal TimeSpan? OldestInFlightSince => (Volatile.Read(ref oldestTicks), Volatile.Read(ref turnTicks)) switch
    {
        (None, None) => null,
        (None, var turn) => new TimeSpan(turn),
        (var oldest, _) => new TimeSpan(oldest),
    };

    /// <summary>The age of the oldest operation in flight; null: none is in flight.</summary>
    internal TimeSpan? OldestInFlight => OldestInFlightSince is { } since
        ? new TimeSpan(Math.Max(0, clock.HighResMonotonicClock.Ticks - since.Ticks))
        : null;

    internal long Turns => Volatile.Read(ref turns);

    /// <summary>Messages received. The request actors count the messages that the device actor sends to them.</summary>
    internal long Messages => Volatile.Read(ref messagesReceived);

    internal void Received() => messagesReceived++;

    /// <summary>A turn that calls the device begins.</summary>
    internal void TurnBegins(TimeSpan now) => Volatile.Write(ref turnTicks, now.Ticks);

    /// <summary>An operation is issued to the device.</summary>
    internal void Issue(DispatchedOperation operation)
    {
        issued++;
        if (operation.Operation.Kind == IoOperation.Flush)
        {
            flushesIssued++;
        }
        else
        {
            merged += operation.Ios.Length - 1;
        }
    }

    /// <summary>A region has ended.</summary>
    internal void Ended(IQueuedIo io, IoStatusCode code, TimeSpan latency)
    {
        ref readonly var operation = ref io.Operation;
        ended[(int)operation.Kind].Add(operation.LengthBytes, code);
        latencies.Record(latency);
        if (DmIoMetrics.OperationDuration.Enabled)
        {
            DmIoMetrics.Record(name, operation.Kind, code, latency);
        }
    }

    /// <summary>A region was refused before it was queued.</summary>
    internal void Refused(IQueuedIo io, IoStatusCode code) => ended[(int)io.Operation.Kind].Add(0, code);

    /// <summary>A turn has ended, after sending this number of messages.</summary>
    internal void TurnEnded(IoQueue queue, int answers)
    {
        turns++;
        messagesSent += answers;
        waiting = queue.Waiting;
        inFlight = queue.InFlight;
        depth = queue.Depth;
        Volatile.Write(ref oldestTicks, queue.OldestInFlightSince?.Ticks ?? None);
        Volatile.Write(ref turnTicks, None);
    }

    internal DeviceStatistics Snapshot() => new()
    {
        Name = name,
        Mode = mode,
        Policy = policy,
        Operations = [.. ended.Select(counts => counts.Snapshot())],
        Issued = Issued,
        Merged = Merged,
        FlushesIssued = FlushesIssued,
        Turns = Turns,
        MessagesReceived = Messages,
        MessagesSent = Volatile.Read(ref messagesSent),
        Waiting = Waiting,
        InFlight = InFlight,
        Depth = Depth,
        OldestInFlightSeconds = OldestInFlight?.TotalSeconds,
        Latencies = latencies.Snapshot(),
    };

    internal OperationCounts CountsOf(IoOperation operation) => ended[(int)operation];
}

/// <summary>Counters of one kind of operation. One writer, any number of readers.</summary>
internal sealed class OperationCounts
{
    private static readonly int Codes = Enum.GetValues<IoStatusCode>().Length;

    private readonly long[] errors = new long[Codes];
    private long count;
    private long bytes;

    internal long Bytes => Volatile.Read(ref bytes);

    internal void Add(long endedBytes, IoStatusCode code)
    {
        count++;
        if (code == IoStatusCode.Ok)
        {
            bytes += endedBytes;
        }
        else
        {
            errors[(int)code]++;
        }
    }

    internal long ErrorsOf(IoStatusCode code) => Volatile.Read(ref errors[(int)code]);

    /// <summary>Successful operations. Errors are read first, so that the difference is never negative.</summary>
    internal long Succeeded()
    {
        var failed = ErrorCount();
        return Math.Max(0, Volatile.Read(ref count) - failed);
    }

    internal OperationStatistics Snapshot()
    {
        var failed = ErrorCount();
        return new OperationStatistics(Volatile.Read(ref count), Bytes, failed);
    }

    private long ErrorCount()
    {
        var sum = 0L;
        for (var code = 0; code < Codes; code++)
        {
            sum += ErrorsOf((IoStatusCode)code);
        }

        return sum;
    }
}
