using DmIo.Actors.Telemetry;
using DmIo.Nbd.Server;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace DmIo.Hosting;

/// <summary>The service's metrics and traces for OpenTelemetry.</summary>
public static class DmIoTelemetryExtensions
{
    /// <summary>Collects the metrics of services (<see cref="DmIoMetrics"/>) and NBD servers
    /// (<see cref="NbdMetrics"/>).</summary>
    public static MeterProviderBuilder AddDmIoInstrumentation(this MeterProviderBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddMeter(DmIoMetrics.MeterName, NbdMetrics.MeterName);
    }

    /// <summary>Collects the spans of requests and their regions (<see cref="DmIoTracing"/>).</summary>
    public static TracerProviderBuilder AddDmIoInstrumentation(this TracerProviderBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddSource(DmIoTracing.SourceName);
    }
}
