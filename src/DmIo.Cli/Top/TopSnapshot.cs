namespace DmIo.Cli;

/// <summary>What a running service does at one moment: rates and latencies are of the time since the snapshot
/// before.</summary>
internal sealed record TopSnapshot
{
    public required IReadOnlyList<TopDevice> Devices { get; init; }

    public required IReadOnlyList<TopLease> Leases { get; init; }

    /// <summary>Of the network servers in front of the service.</summary>
    public IReadOnlyList<TopExport> Exports { get; init; } = [];

    /// <inheritdoc cref="Exports"/>
    public IReadOnlyList<TopConnection> Connections { get; init; } = [];
}

/// <summary>One device.</summary>
internal sealed record TopDevice
{
    public required string Name { get; init; }

    /// <summary>How its backend serves: inline, ring, threads.</summary>
    public required string Mode { get; init; }

    public required string Policy { get; init; }

    /// <summary>Operations that may be in flight now; an adaptive depth moves.</summary>
    public required int Depth { get; init; }

    public required int InFlight { get; init; }

    public required int Waiting { get; init; }

    /// <summary>Requests' operations that were done, each second.</summary>
    public required double OperationsPerSecond { get; init; }

    /// <summary>Of these, reads.</summary>
    public double ReadsPerSecond { get; init; }

    /// <summary>Of these, writes.</summary>
    public double WritesPerSecond { get; init; }

    public required double ReadBytesPerSecond { get; init; }

    public required double WrittenBytesPerSecond { get; init; }

    /// <summary>Null where nothing was done.</summary>
    public double? P50Microseconds { get; init; }

    /// <inheritdoc cref="P50Microseconds"/>
    public double? P99Microseconds { get; init; }

    /// <summary>Age of the oldest operation in flight, in seconds; null where none is.</summary>
    public double? OldestSeconds { get; init; }
}

/// <summary>One lease.</summary>
internal sealed record TopLease
{
    public required string Id { get; init; }

    public required int Pages { get; init; }

    /// <summary>Pages that may be in I/O now; fewer than <see cref="Pages"/> where devices keep pages of requests that
    /// timed out and the pool has none to replace them.</summary>
    public required int Credit { get; init; }

    /// <summary>Requests that devices work at.</summary>
    public required int InFlight { get; init; }

    /// <summary>Requests beyond the lease's pages.</summary>
    public required int Waiting { get; init; }

    public required double OperationsPerSecond { get; init; }
}
