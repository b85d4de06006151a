using System.Text.Json.Serialization;
using DmIo.Actors.Scheduling;
using DmIo.Devices;
using DmIo.Io;

namespace DmIo.Actors.Telemetry;

/// <summary>
/// The statistics of one device since it was attached. Counts never decrease; current values (in flight, waiting,
/// depth, oldest) are those at the end of the device actor's last turn. Read without stopping the actor: the numbers of
/// one turn can be seen partially updated.
/// </summary>
public sealed record DeviceStatistics
{
    // By operation; never changed after the object is initialized.
    private OperationStatistics[] operations =
        [.. IoOperationTraits.All.Select(_ => OperationStatistics.None)];

    /// <summary>The name that regions use.</summary>
    public required string Name { get; init; }

    /// <summary>The mode of its backend.</summary>
    public required ServiceMode Mode { get; init; }

    /// <summary>The order of its operations.</summary>
    public required SchedulingPolicy Policy { get; init; }

    /// <summary>Regions read.</summary>
    public OperationStatistics Reads
    {
        get => operations[(int)IoOperation.Read];
        init => Set(IoOperation.Read, value);
    }

    /// <summary>Regions written.</summary>
    public OperationStatistics Writes
    {
        get => operations[(int)IoOperation.Write];
        init => Set(IoOperation.Write, value);
    }

    /// <summary>Regions flushed. <see cref="FlushesIssued"/> counts the flushes of the device, which served these
    /// regions and the durable writes.</summary>
    public OperationStatistics Flushes
    {
        get => operations[(int)IoOperation.Flush];
        init => Set(IoOperation.Flush, value);
    }

    /// <summary>Regions discarded.</summary>
    public OperationStatistics Discards
    {
        get => operations[(int)IoOperation.Discard];
        init => Set(IoOperation.Discard, value);
    }

    /// <summary>Regions zeroed.</summary>
    public OperationStatistics WriteZeroes
    {
        get => operations[(int)IoOperation.WriteZeroes];
        init => Set(IoOperation.WriteZeroes, value);
    }

    /// <summary>Regions that ended, of all operations.</summary>
    [JsonIgnore]
    public long Count => operations.Sum(operation => operation.Count);

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

    /// <summary>The statistics of each operation, in the order of <see cref="IoOperation"/>.</summary>
    internal IReadOnlyList<OperationStatistics> Operations
    {
        get => operations;
        init => operations = [.. value];
    }

    /// <summary>Copies the table, which a copy by <c>with</c> shares.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="statistics">Null: missing in the JSON of a version without the operation.</param>
    private void Set(IoOperation operation, OperationStatistics? statistics)
    {
        operations = [.. operations];
        operations[(int)operation] = statistics ?? OperationStatistics.None;
    }
}

/// <summary>The results of one kind of operation.</summary>
/// <param name="Count">Operations that ended, with any status.</param>
/// <param name="Bytes">The bytes of successful operations: the sectors of their regions; 0 for flushes.</param>
/// <param name="Errors">Operations that ended with any status but <see cref="IoStatusCode.Ok"/>.</param>
public sealed record OperationStatistics(long Count, long Bytes, long Errors)
{
    internal static OperationStatistics None { get; } = new(0, 0, 0);
}
