using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using DmIo.Actors.Protocol;
using DmIo.Actors.Telemetry;
using DmIo.Actors.Tests.Fixtures;
using DmIo.Io;
using Xunit;

namespace DmIo.Actors.Tests.Telemetry;

/// <summary>
/// The measurements of a meter listener. It gets those of all services of the process, so the device names here are
/// used by no other test.
/// </summary>
public sealed class MetricsTests : ServiceTests
{
    private readonly ConcurrentQueue<Sample> samples = new();

    [Fact]
    public void Operations_and_their_bytes_are_counted_by_device_and_kind()
    {
        var device = AttachQuick("metrics-a");
        var lease = Open(pages: 2);
        Do(lease, Write(Pattern(3, 1), new IoRegion("metrics-a", 0, 3)));
        device.Automatic = _ => IoStatus.DeviceError("broken", errno: 5);
        Do(lease, Read(new byte[512], new IoRegion("metrics-a", 0, 1)));

        Collect();

        Assert.Equal(1, Value(DmIoMetrics.DeviceOperations, "metrics-a", "write"));
        Assert.Equal(0, Value(DmIoMetrics.DeviceOperations, "metrics-a", "read"));
        Assert.Equal(1, Value(DmIoMetrics.DeviceOperations, "metrics-a", "read", "device_error"));
        Assert.Equal(3 * 512, Value(DmIoMetrics.DeviceIo, "metrics-a", "write"));
        Assert.Equal(2, Value(DmIoMetrics.DeviceIssued, "metrics-a"));
    }

    [Fact]
    public async Task The_queue_gauges_show_the_current_state()
    {
        var device = Attach("metrics-b", queueDepth: 1);
        var lease = Open(pages: 3);
        Send(lease, Write(Pattern(1, 1), new IoRegion("metrics-b", 0, 1)));
        Send(lease, Write(Pattern(1, 1), new IoRegion("metrics-b", 2, 1)));
        await device.NextCallAsync();
        WaitUntilQuiet(lease, "metrics-b");

        Collect();

        Assert.Equal(1, Value(DmIoMetrics.DeviceQueueInFlight, "metrics-b"));
        Assert.Equal(1, Value(DmIoMetrics.DeviceQueueWaiting, "metrics-b"));
        Assert.Equal(1, Value(DmIoMetrics.DeviceQueueDepth, "metrics-b"));
        Assert.True(Value(DmIoMetrics.DeviceQueueOldest, "metrics-b") >= 0);
        var id = lease.Lease.Id.Value;
        Assert.Equal((2, 1), (LeaseValue(DmIoMetrics.LeasePages, id, "in_flight"),
            LeaseValue(DmIoMetrics.LeasePages, id, "idle")));
        Assert.Equal((2, 0), (LeaseValue(DmIoMetrics.LeaseRequests, id, "in_flight"),
            LeaseValue(DmIoMetrics.LeaseRequests, id, "waiting")));
    }

    [Fact]
    public void Durations_are_recorded_while_a_listener_is_enabled()
    {
        var device = AttachQuick("metrics-c");
        var lease = Open(pages: 2);
        Do(lease, Write(Pattern(1, 1), new IoRegion("metrics-c", 0, 1)));
        using (Listen())
        {
            Do(lease, Write(Pattern(1, 1), new IoRegion("metrics-c", 0, 1)));
            device.Automatic = _ => IoStatus.DeviceError("broken", errno: 5);
            Do(lease, Read(new byte[512], new IoRegion("metrics-c", 0, 1)));
        }

        Do(lease, Write(Pattern(1, 1), new IoRegion("metrics-c", 0, 1)));

        var durations = Of(DmIoMetrics.DeviceOperationDuration, "metrics-c").ToList();
        Assert.Equal(["write", "read"], durations.Select(one => one.Tags[DmIoMetrics.Operation]));
        Assert.Equal("device_error", durations[1].Tags[DmIoMetrics.ErrorType]);
    }

    [Fact]
    public void A_detached_device_is_not_measured()
    {
        AttachQuick("metrics-d");
        Supervisor.Tell(new ServiceProtocol.DetachDevice("metrics-d"), TestActor);
        ExpectMsg<ServiceProtocol.DeviceDetached>();

        Collect();

        Assert.Empty(Of(DmIoMetrics.DeviceTurns, "metrics-d"));
    }

    [Fact]
    public void Every_name_is_the_name_of_an_instrument_that_measures()
    {
        AttachQuick("metrics-e");
        var lease = Open(pages: 1);
        using var listener = Listen();
        Do(lease, Write(Pattern(1, 1), new IoRegion("metrics-e", 0, 1)));
        listener.RecordObservableInstruments();

        string[] attributes =
        [
            DmIoMetrics.MeterName, DmIoMetrics.DeviceName, DmIoMetrics.Operation, DmIoMetrics.Lease, DmIoMetrics.State,
            DmIoMetrics.ErrorType,
        ];
        var names = typeof(DmIoMetrics).GetFields().Where(field => field.IsLiteral)
            .Select(field => (string)field.GetRawConstantValue()!).Except(attributes);
        Assert.Equal(names.Order(), samples.Select(sample => sample.Name).Distinct().Order());
    }

    private void Collect()
    {
        using var listener = Listen();
        listener.RecordObservableInstruments();
    }

    private MeterListener Listen()
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == DmIoMetrics.MeterName)
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.Start();
        return listener;
    }

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        samples.Enqueue(new Sample(instrument.Name, value, new Dictionary<string, object?>(tags.ToArray())));

    private IEnumerable<Sample> Of(string name, string device) => samples.Where(
        sample => sample.Name == name && device.Equals(sample.Tags.GetValueOrDefault(DmIoMetrics.DeviceName)));

    private double Value(string name, string device, string? operation = null, string? error = null) =>
        Assert.Single(Of(name, device), sample =>
            Equals(operation, sample.Tags.GetValueOrDefault(DmIoMetrics.Operation))
            && Equals(error, sample.Tags.GetValueOrDefault(DmIoMetrics.ErrorType))).Value;

    private double LeaseValue(string name, long lease, string state) => Assert.Single(
        samples, sample => sample.Name == name && Equals(lease, sample.Tags[DmIoMetrics.Lease])
            && Equals(state, sample.Tags[DmIoMetrics.State])).Value;

    private sealed record Sample(string Name, double Value, Dictionary<string, object?> Tags);
}
