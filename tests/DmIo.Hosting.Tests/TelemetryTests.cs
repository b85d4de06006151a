using System.Diagnostics;
using DmIo.Actors.Client;
using DmIo.Actors.Telemetry;
using DmIo.Io;
using DmIo.Nbd.Server;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Xunit;

namespace DmIo.Hosting.Tests;

/// <summary>The data that OpenTelemetry collects.</summary>
public sealed class TelemetryTests
{
    [Fact]
    public async Task Metrics_and_spans_of_a_request_and_of_an_export_are_collected()
    {
        var metrics = new List<Metric>();
        var spans = new List<Activity>();
        await using var host = await TestHost.StartAsync(
            akka => akka
                .WithDmIo(dmio => dmio.AddMemory("seen-by-telemetry", ByteSize.FromKiB(4)))
                .WithNbdServer("one", server => server.Listen("127.0.0.1:0").Export("disk", "seen-by-telemetry")),
            services => services.AddDmIoClient("client", pages: 1).AddOpenTelemetry()
                .WithMetrics(meters => meters.AddDmIoInstrumentation().AddInMemoryExporter(metrics))
                .WithTracing(tracers => tracers.AddDmIoInstrumentation().AddInMemoryExporter(spans)));

        var client = host.Services.GetRequiredKeyedService<IoClient>("client");
        (await client.WriteAsync(new IoRegion("seen-by-telemetry", 0, 8), new byte[4096])).ThrowIfFailed();
        host.Services.GetRequiredService<MeterProvider>().ForceFlush();

        Assert.Contains(spans, span => span.DisplayName == "dmio write seen-by-telemetry");
        Assert.Contains(metrics, metric => metric.Name == DmIoMetrics.DeviceIo);
        Assert.Contains(metrics, metric => metric.Name == NbdMetrics.ExportConnections);
    }
}
