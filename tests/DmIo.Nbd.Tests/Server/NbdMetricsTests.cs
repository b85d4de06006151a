using System.Diagnostics.Metrics;
using DmIo.Io;
using DmIo.Nbd.Server;
using Xunit;

namespace DmIo.Nbd.Tests.Server;

/// <summary>The measurements that a listener of the meter gets. They include all servers of the process, so the export
/// has a unique name.</summary>
public sealed class NbdMetricsTests
{
    private static readonly NbdExportStatus Status = new(
        new NbdExport { Name = "metrics", Device = "a", Pages = 256 },
        Size: ByteSize.FromMiB(1),
        Connections: 3,
        PagesInUse: 32,
        InFlight: 5,
        Requests: 1000,
        Errors: 7,
        ReadBytes: 4096,
        WrittenBytes: 8192);

    private readonly Dictionary<string, long> seen = [];

    [Fact]
    public void The_metrics_of_an_export_have_its_name()
    {
        CollectWith(() => new NbdServerStatus([Status], []));

        Assert.Equal(1000, seen[NbdMetrics.ExportRequests]);
        Assert.Equal(7, seen[NbdMetrics.ExportErrors]);
        Assert.Equal(5, seen[NbdMetrics.ExportInFlight]);
        Assert.Equal(3, seen[NbdMetrics.ExportConnections]);
        Assert.Equal((4096, 8192), (seen[$"{NbdMetrics.ExportIo} read"], seen[$"{NbdMetrics.ExportIo} write"]));
        Assert.Equal((32, 224), (seen[$"{NbdMetrics.ExportPages} in_use"], seen[$"{NbdMetrics.ExportPages} idle"]));
    }

    [Fact]
    public void A_server_that_has_ended_is_not_reported()
    {
        CollectWith(() => new NbdServerStatus([Status], []));
        seen.Clear();

        Collect();

        Assert.Empty(seen);
    }

    private void CollectWith(Func<NbdServerStatus> status)
    {
        NbdInstruments.Add(status);
        try
        {
            Collect();
        }
        finally
        {
            NbdInstruments.Remove(status);
        }
    }

    private void Collect()
    {
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == NbdMetrics.MeterName)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            var attributes = tags.ToArray().ToDictionary(tag => tag.Key, tag => (string)tag.Value!);
            if (attributes[NbdMetrics.ExportName] == "metrics")
            {
                var part = attributes.GetValueOrDefault(NbdMetrics.Direction)
                    ?? attributes.GetValueOrDefault(NbdMetrics.State);
                seen[part is null ? instrument.Name : $"{instrument.Name} {part}"] = value;
            }
        });
        listener.Start();
        listener.RecordObservableInstruments();
    }
}
