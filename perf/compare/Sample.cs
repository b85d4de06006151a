using DmIo.Cli.Reports;

namespace DmIo.Compare;

/// <summary>What one run of one subject measured.</summary>
internal sealed record Sample
{
    /// <summary>Requests a second.</summary>
    public required double Rate { get; init; }

    public required double BytesPerSecond { get; init; }

    /// <summary>Microseconds, as the next ones.</summary>
    public required double P50 { get; init; }

    public required double P99 { get; init; }

    public required double P999 { get; init; }

    public required long Errors { get; init; }

    /// <summary>Managed memory for each request; null where the subject does not say.</summary>
    public double? AllocatedBytes { get; init; }

    /// <summary>Turns of actors for each request; null likewise.</summary>
    public double? Turns { get; init; }

    /// <summary>Messages of the service's actors for each request; null likewise.</summary>
    public double? Messages { get; init; }

    /// <summary>Of these, messages from one actor to another; null likewise.</summary>
    public double? Hops { get; init; }

    /// <summary>Pages of a lease in I/O for each request; null likewise.</summary>
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
