using DmIo.Cli.Reports;

namespace DmIo.Compare;

/// <summary>The measurement of one run of a subject.</summary>
internal sealed record Sample
{
    /// <summary>Requests per second.</summary>
    public required double Rate { get; init; }

    public required double BytesPerSecond { get; init; }

    /// <summary>The median latency in microseconds, like the following ones.</summary>
    public required double P50 { get; init; }

    public required double P99 { get; init; }

    public required double P999 { get; init; }

    public required long Errors { get; init; }

    /// <summary>Allocated managed memory per request; null: not reported.</summary>
    public double? AllocatedBytes { get; init; }

    /// <summary>Turns of actors per request; null: not reported.</summary>
    public double? Turns { get; init; }

    /// <summary>Messages of the service's actors per request; null: not reported.</summary>
    public double? Messages { get; init; }

    /// <summary>Messages between actors per request; null: not reported.</summary>
    public double? Hops { get; init; }

    /// <summary>Pages of a lease in I/O per request; null: not reported.</summary>
    public int? Pages { get; init; }

    internal static Sample Of(BenchReport report) => new()
    {
        Rate = report.Iops,
        BytesPerSecond = report.BytesPerSecond,
        P50 = report.LatencyMicroseconds.P50,
        P99 = report.LatencyMicroseconds.P99,
        P999 = report.LatencyMicroseconds.P999,
        Errors = report.Errors,
        AllocatedBytes = report.AllocatedBytesPerRequest,
        Turns = report.TurnsPerRequest,
        Messages = report.MessagesPerRequest,
        Hops = report.HopsPerRequest,
        Pages = report.PagesPerRequest,
    };
}
