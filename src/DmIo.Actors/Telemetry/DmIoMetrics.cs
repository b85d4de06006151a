using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Reflection;
using DmIo.Io;

namespace DmIo.Actors.Telemetry;

/// <summary>
/// The names of all metrics, by OpenTelemetry's conventions: one meter, <see cref="MeterName"/>, and units in UCUM. The
/// metrics cover all services of the process; devices are identified by their names, leases by their numbers.
/// </summary>
/// <remarks>
/// All instruments except <see cref="DeviceOperationDuration"/> are observable: a collection reads the actors'
/// counters. <see cref="DeviceOperationDuration"/> is recorded for each operation, and only while it has a listener.
/// </remarks>
public static class DmIoMetrics
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "DmIo.Actors";

    /// <summary>Counter, {operation}: regions that ended, by device and operation; failed ones also by
    /// <see cref="ErrorType"/>.</summary>
    public const string DeviceOperations = "dmio.device.operations";

    /// <summary>Counter, By: data of successful regions, by device and operation.</summary>
    public const string DeviceIo = "dmio.device.io";

    /// <summary>Histogram, s: the time from a region's arrival at its device to the turn in which it ended, by device
    /// and operation; failed ones also by <see cref="ErrorType"/>.</summary>
    public const string DeviceOperationDuration = "dmio.device.operation.duration";

    /// <summary>Counter, {operation}: operations issued to the device; a merged operation or a shared flush counts
    /// once.</summary>
    public const string DeviceIssued = "dmio.device.issued";

    /// <summary>Counter, {operation}: regions that were merged into the operation of another.</summary>
    public const string DeviceMerged = "dmio.device.merged";

    /// <summary>Counter, {flush}: flushes issued to the device.</summary>
    public const string DeviceFlushes = "dmio.device.flushes";

    /// <summary>Counter, {turn}: turns of the device's actor.</summary>
    public const string DeviceTurns = "dmio.device.turns";

    /// <summary>Up-down counter, {operation}: regions in the device's queue.</summary>
    public const string DeviceQueueWaiting = "dmio.device.queue.waiting";

    /// <summary>Up-down counter, {operation}: operations in flight at the device.</summary>
    public const string DeviceQueueInFlight = "dmio.device.queue.in_flight";

    /// <summary>Gauge, {operation}: the limit of operations in flight at the device.</summary>
    public const string DeviceQueueDepth = "dmio.device.queue.depth";

    /// <summary>Gauge, s: the age of the oldest operation in flight at the device; 0 if none is in flight.</summary>
    public const string DeviceQueueOldest = "dmio.device.queue.oldest";

    /// <summary>Up-down counter, {page}: pages of 4096 bytes of a lease, by <see cref="State"/>: in_flight,
    /// idle, quarantined.</summary>
    public const string LeasePages = "dmio.lease.pages";

    /// <summary>Up-down counter, {request}: requests of a lease, by <see cref="State"/>: in_flight,
    /// waiting.</summary>
    public const string LeaseRequests = "dmio.lease.requests";

    /// <summary>Up-down counter, {page}: pages of 4096 bytes of the pool, by <see cref="State"/>: free, leased,
    /// draining, quarantined.</summary>
    public const string PoolPages = "dmio.pool.pages";

    /// <summary>Up-down counter, {page}: the limit of pages in the pool.</summary>
    public const string PoolPagesLimit = "dmio.pool.pages.limit";

    /// <summary>Counter, {request}: requests that were accepted.</summary>
    public const string Requests = "dmio.requests";

    /// <summary>Counter, {message}: actor messages sent for requests.</summary>
    public const string Messages = "dmio.messages";

    /// <summary>Attribute: the name of the device.</summary>
    public const string DeviceName = "dmio.device.name";

    /// <summary>Attribute: read, write, flush, discard, write_zeroes.</summary>
    public const string Operation = "dmio.operation";

    /// <summary>Attribute: the number of a lease.</summary>
    public const string Lease = "dmio.lease.id";

    /// <summary>Attribute: the state of the counted pages or requests.</summary>
    public const string State = "dmio.state";

    /// <summary>Attribute: an <see cref="IoStatusCode"/> other than Ok, as in device_error; absent on
    /// success.</summary>
    public const string ErrorType = "error.type";

    internal static readonly string? Version =
        typeof(DmIoMetrics).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;

    internal static readonly Meter Meter = new(MeterName, Version);

    internal static readonly Histogram<double> OperationDuration = Meter.CreateHistogram(
        DeviceOperationDuration,
        "s",
        "From a region's arrival at its device to its end.",
        advice: new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries =
                [1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
        });

    internal static void Record(string device, IoOperation operation, IoStatusCode code, TimeSpan latency)
    {
        var tags = new TagList { { DeviceName, device }, { Operation, TelemetryNames.Of(operation) } };
        if (code != IoStatusCode.Ok)
        {
            tags.Add(ErrorType, TelemetryNames.Of(code));
        }

        OperationDuration.Record(latency.TotalSeconds, tags);
    }
}

/// <summary>Attribute values and span names, in lower case with underscores, allocated once.</summary>
internal static class TelemetryNames
{
    private static readonly string[] Operations = NamesOf<IoOperation>();
    private static readonly string[] Codes = NamesOf<IoStatusCode>();

    private static readonly string[] Spans = [.. Operations.Select(name => $"dmio {name}")];

    internal static string SpanOf(IoOperation operation) => Spans[(int)operation];

    internal static string Of(IoOperation operation) => Operations[(int)operation];

    internal static string Of(IoStatusCode code) => Codes[(int)code];

    private static string[] NamesOf<T>()
        where T : struct, Enum => [.. Enum.GetNames<T>().Select(name => string.Concat(name.Select((letter, index) =>
            index > 0 && char.IsUpper(letter) ? $"_{char.ToLowerInvariant(letter)}"
            : char.ToLowerInvariant(letter).ToString())))];
}
