using DmIo.Actors.Scheduling;
using DmIo.Devices;

namespace DmIo.Actors.Telemetry;

/// <summary>
/// The statistics of one device since it was attached. Counts never decrease; current values (in flight, waiting,
/// depth, oldest) are those at the end of the device actor's last turn. Read without stopping the actor: the numbers of
/// one turn can be seen partially updated.
/// </summary>
public sealed record DeviceStatistics
{
    /// <summary>The name that regions use.</summary>
    public required string Name { get; init; }

    /// <summary>The mode of its backend.</summary>
    public required ServiceMode Mode { get; init; }

    /// <summary>The order of its operations.</summary>
    public required SchedulingPolicy Policy { get; init; }

    /// <summary>Regions read.</summary>
    public required OperationStatistics Reads { get; init; }

    /// <summary>Regions written.</summary>
    public required OperationStatistics Writes { get; init; }

    /// <summary>Regions flushed. <see cref="FlushesIssued"/> counts the flushes of the device, which served these
    /// regions and the durable writes.</summary>
    public required OperationStatistics Flushes { get; init; }

    /// <summary>Regions discarded.</summary>
    public required OperationStatistics Discards { get; init; }

    /// <summary>Regions zeroed.</summary>
    public required OperationStatistics WriteZeroes { get; init; }

    /// <summary>Operations issued to the device; a merged operation or a shared flush counts once.</summary>
    public required long Issued { get; init; }

    /// <summary>Regions that were merged into the operation of an adjacent region.</summary>
    public required long Merged { get; init; }

    /// <summary>Flushes issued to the device.</summary>
    public required long FlushesIssued { get; init; }

    /// <summary>Turns of the device actor: each is one message to itself, however many operations it handles.</summary>
    public required long Turns { get; init; }

    /// <summary>Messages that the device actor received: one for all regions that a request actor sent together, one
    /// for each turn, and a few others.</summary>
    public required long MessagesReceived { get; init; }

    /// <summary>Replies to request actors: one for all regions of a lease that ended in one turn.</summary>
    public required long MessagesSent { get; init; }

    /// <summary>Regions in the queue.</summary>
    public required int Waiting { get; init; }

    /// <summary>Operations in flight at the device.</summary>
    public required int InFlight { get; init; }

    /// <summary>The current limit of operations in flight; an adaptive depth changes it.</summary>
    public required int Depth { get; init; }

    /// <summary>The age of the oldest operation in flight, in seconds; null: none is in flight.</summary>
    public required double? OldestInFlightSeconds { get; init; }

    /// <summary>
    /// The time from a region's arrival at the device actor to the turn in which it ended. The clock is read once, at
    /// the beginning of a turn: the time that a device takes within a turn (mode inline) is not included.
    /// </summary>
    public required LatencyDistribution Latencies { get; init; }
}

/// <summary>The results of one kind of operation.</summary>
/// <param name="Count">Operations that ended, with any status.</param>
/// <param name="Bytes">The bytes of successful operations: the sectors of their regions; 0 for flushes.</param>
/// <param name="Errors">Operations that ended with any status but <see cref="DmIo.Io.IoStatusCode.Ok"/>.</param>
public sealed record OperationStatistics(long Count, long Bytes, long Errors);
