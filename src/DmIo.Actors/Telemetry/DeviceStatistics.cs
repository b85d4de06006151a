using DmIo.Actors.Scheduling;
using DmIo.Devices;

namespace DmIo.Actors.Telemetry;

/// <summary>
/// One device since it was attached. Counts only grow; what is now (in flight, waiting, depth, oldest) is as of the
/// end
/// of the device actor's last turn. Read without stopping it: numbers of one turn may be seen apart.
/// </summary>
public sealed record DeviceStatistics
{
    /// <summary>What regions call it.</summary>
    public required string Name { get; init; }

    /// <summary>How its backend serves.</summary>
    public required ServiceMode Mode { get; init; }

    /// <summary>What goes first.</summary>
    public required SchedulingPolicy Policy { get; init; }

    /// <summary>Regions read, with those that failed.</summary>
    public required OperationStatistics Reads { get; init; }

    /// <summary>Regions written.</summary>
    public required OperationStatistics Writes { get; init; }

    /// <summary>Regions flushed; <see cref="FlushesIssued"/> of the device served them, and the durable
    /// writes.</summary>
    public required OperationStatistics Flushes { get; init; }

    /// <summary>Regions discarded.</summary>
    public required OperationStatistics Discards { get; init; }

    /// <summary>Regions zeroed.</summary>
    public required OperationStatistics WriteZeroes { get; init; }

    /// <summary>Operations that went to the device, merged ones and shared flushes once each.</summary>
    public required long Issued { get; init; }

    /// <summary>Regions that went down in the operation of another, to which they are adjacent.</summary>
    public required long Merged { get; init; }

    /// <summary>Flushes that went to the device.</summary>
    public required long FlushesIssued { get; init; }

    /// <summary>Turns of the device actor: each is one message to itself, however much it does.</summary>
    public required long Turns { get; init; }

    /// <summary>Messages that the device actor took in: one for all regions that a request actor sent together, one
    /// for each turn, and little else.</summary>
    public required long MessagesReceived { get; init; }

    /// <summary>Answers to request actors: one for all regions of a lease that ended in one turn.</summary>
    public required long MessagesSent { get; init; }

    /// <summary>Regions in the queue.</summary>
    public required int Waiting { get; init; }

    /// <summary>Operations at the device.</summary>
    public required int InFlight { get; init; }

    /// <summary>Operations that may be in flight now; an adaptive depth moves.</summary>
    public required int Depth { get; init; }

    /// <summary>How long the oldest operation in flight has been at the device, in seconds; null: none is.</summary>
    public required double? OldestInFlightSeconds { get; init; }

    /// <summary>
    /// From a region's arrival at the device actor to the turn in which it ended. To the turn's own clock, which is
    /// read once, at its beginning: what a device does within a turn (mode inline) does not show.
    /// </summary>
    public required LatencyDistribution Latencies { get; init; }
}

/// <summary>What became of one kind of operation.</summary>
/// <param name="Count">Those that ended, however they did.</param>
/// <param name="Bytes">Of those that ended well. Regions have the bytes of their sectors; flushes have none.</param>
/// <param name="Errors">Those that ended with any status but <see cref="DmIo.Io.IoStatusCode.Ok"/>.</param>
public sealed record OperationStatistics(long Count, long Bytes, long Errors);
