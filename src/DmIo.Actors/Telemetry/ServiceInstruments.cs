using System.Diagnostics.Metrics;
using DmIo.Io;

namespace DmIo.Actors.Telemetry;

/// <summary>
/// The observable instruments: a collection reads the counters of all running services. They are created with the first
/// service, and cost nothing between collections.
/// </summary>
internal static class ServiceInstruments
{
    private static readonly IoOperation[] Operations = Enum.GetValues<IoOperation>();

    private static readonly IoStatusCode[] Failures =
        [.. Enum.GetValues<IoStatusCode>().Where(code => code != IoStatusCode.Ok)];

    static ServiceInstruments()
    {
        var meter = DmIoMetrics.Meter;
        meter.CreateObservableCounter(
            DmIoMetrics.DeviceOperations, Ended, "{operation}", "Regions that ended.");
        meter.CreateObservableCounter(DmIoMetrics.DeviceIo, Moved, "By", "Data of regions that ended well.");
        CountDevices(DmIoMetrics.DeviceIssued, "{operation}", "Operations sent to the device.", one => one.Issued);
        CountDevices(
            DmIoMetrics.DeviceMerged, "{operation}", "Regions merged into another operation.", one => one.Merged);
        CountDevices(DmIoMetrics.DeviceFlushes, "{flush}", "Flushes sent to the device.", one => one.FlushesIssued);
        CountDevices(DmIoMetrics.DeviceTurns, "{turn}", "Turns of the device's actor.", one => one.Turns);
        meter.CreateObservableUpDownCounter(
            DmIoMetrics.DeviceQueueWaiting, () => OfDevices(one => one.Waiting), "{operation}",
            "Regions in the queue.");
        meter.CreateObservableUpDownCounter(
            DmIoMetrics.DeviceQueueInFlight, () => OfDevices(one => one.InFlight), "{operation}",
            "Operations in flight at the device.");
        meter.CreateObservableGauge(
            DmIoMetrics.DeviceQueueDepth, () => OfDevices(one => one.Depth), "{operation}",
            "The limit of operations in flight at the device.");
        meter.CreateObservableGauge(
            DmIoMetrics.DeviceQueueOldest, () => OfDevices(one => one.OldestInFlight?.TotalSeconds ?? 0), "s",
            "The age of the oldest operation in flight at the device.");
        meter.CreateObservableUpDownCounter(DmIoMetrics.LeasePages, LeasePages, "{page}", "Pages of a lease.");
        meter.CreateObservableUpDownCounter(
            DmIoMetrics.LeaseRequests, LeaseRequests, "{request}", "Requests of a lease.");
        meter.CreateObservableUpDownCounter(DmIoMetrics.PoolPages, PoolPages, "{page}", "Pages of the pool.");
        meter.CreateObservableUpDownCounter(
            DmIoMetrics.PoolPagesLimit, () => (long)ServiceCounters.Running.Sum(service => service.Pool.Max), "{page}",
            "The limit of pages in the pool.");
        meter.CreateObservableCounter(
            DmIoMetrics.Requests, () => OfServices(messages => messages.Requests), "{request}", "Requests accepted.");
        meter.CreateObservableCounter(
            DmIoMetrics.Messages, () => OfServices(messages => messages.Messages), "{message}",
            "Messages of actors for requests.");
    }

    /// <summary>Creates the instruments, once.</summary>
    internal static void Start()
    {
    }

    private static void CountDevices(string name, string unit, string description, Func<DeviceCounters, long> read) =>
        DmIoMetrics.Meter.CreateObservableCounter(name, () => OfDevices(read), unit, description);

    private static IEnumerable<DeviceCounters> Devices() =>
        ServiceCounters.Running.SelectMany(service => service.Devices);

    private static IEnumerable<LeaseStatistics> Leases() =>
        ServiceCounters.Running.SelectMany(service => service.Leases).Select(lease => lease.Snapshot());

    private static IEnumerable<Measurement<T>> OfDevices<T>(Func<DeviceCounters, T> read)
        where T : struct =>
        [.. Devices().Select(device => new Measurement<T>(read(device), Tag(DmIoMetrics.DeviceName, device.Name)))];

    private static long OfServices(Func<MessageStatistics, long> read) =>
        ServiceCounters.TotalOf(read);

    private static IEnumerable<Measurement<long>> Ended()
    {
        foreach (var device in Devices())
        {
            foreach (var operation in Operations)
            {
                var counts = device.CountsOf(operation);
                var (name, what) = (Tag(DmIoMetrics.DeviceName, device.Name), TagOf(operation));
                yield return new Measurement<long>(counts.Succeeded(), name, what);
                foreach (var code in Failures)
                {
                    if (counts.ErrorsOf(code) is > 0 and var failed)
                    {
                        yield return new Measurement<long>(
                            failed, name, what, Tag(DmIoMetrics.ErrorType, TelemetryNames.Of(code)));
                    }
                }
            }
        }
    }

    private static IEnumerable<Measurement<long>> Moved() =>
        from device in Devices()
        from operation in Operations
        where operation.HasRange()
        select new Measurement<long>(
            device.CountsOf(operation).Bytes, Tag(DmIoMetrics.DeviceName, device.Name), TagOf(operation));

    private static IEnumerable<Measurement<long>> LeasePages() =>
        from lease in Leases()
        from part in new[]
        {
            ("in_flight", lease.PagesInFlight),
            ("idle", lease.Credit - lease.PagesInFlight),
            ("quarantined", lease.PagesQuarantined),
        }
        select InState(part.Item2, part.Item1, Tag(DmIoMetrics.Lease, lease.Id));

    private static IEnumerable<Measurement<long>> LeaseRequests() =>
        from lease in Leases()
        from part in new[] { ("in_flight", lease.InFlight), ("waiting", lease.Waiting) }
        select InState(part.Item2, part.Item1, Tag(DmIoMetrics.Lease, lease.Id));

    private static IEnumerable<Measurement<long>> PoolPages()
    {
        var pools = ServiceCounters.Running.Select(service => service.Pool).ToArray();
        return
        [
            InState(pools.Sum(pool => pool.Free), "free"),
            InState(pools.Sum(pool => pool.Leased), "leased"),
            InState(pools.Sum(pool => pool.Draining), "draining"),
            InState(pools.Sum(pool => pool.Quarantined), "quarantined"),
        ];
    }

    private static Measurement<long> InState(long value, string state, params KeyValuePair<string, object?>[] tags) =>
        new(value, [.. tags, Tag(DmIoMetrics.State, state)]);

    private static KeyValuePair<string, object?> Tag(string name, object value) => new(name, value);

    private static KeyValuePair<string, object?> TagOf(IoOperation operation) =>
        Tag(DmIoMetrics.Operation, TelemetryNames.Of(operation));
}
