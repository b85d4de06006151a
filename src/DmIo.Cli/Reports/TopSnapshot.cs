namespace DmIo.Cli.Reports;

/// <summary>The state of a running service. Rates and latencies are those since the previous snapshot.</summary>
internal sealed record TopSnapshot
{
    public required IReadOnlyList<TopDevice> Devices { get; init; }

    public required IReadOnlyList<TopLease> Leases { get; init; }

    /// <summary>Exports of the network servers of the service.</summary>
    public IReadOnlyList<TopExport> Exports { get; init; } = [];

    /// <summary>Client connections of the network servers.</summary>
    public IReadOnlyList<TopConnection> Connections { get; init; } = [];
}

/// <summary>One device.</summary>
internal sealed record TopDevice
{
    public required string Name { get; init; }

    /// <summary>The mode of the backend: inline, ring, threads or own.</summary>
    public required string Mode { get; init; }

    public required string Policy { get; init; }

    /// <summary>The current queue depth. It changes if the depth is adaptive.</summary>
    public required int Depth { get; init; }

    public required int InFlight { get; init; }

    public required int Waiting { get; init; }

    /// <summary>Completed operations.</summary>
    public required double OperationsPerSecond { get; init; }

    /// <summary>Completed reads.</summary>
    public double ReadsPerSecond { get; init; }

    /// <summary>Completed writes.</summary>
    public double WritesPerSecond { get; init; }

    public required double ReadBytesPerSecond { get; init; }

    public required double WrittenBytesPerSecond { get; init; }

    /// <summary>Null: no operation completed.</summary>
    public double? P50Microseconds { get; init; }

    /// <inheritdoc cref="P50Microseconds"/>
    public double? P99Microseconds { get; init; }

    /// <summary>Age of the oldest operation in flight, in seconds; null: none is in flight.</summary>
    public double? OldestSeconds { get; init; }
}

/// <summary>One lease.</summary>
internal sealed record TopLease
{
    public required string Id { get; init; }

    public required int Pages { get; init; }

    /// <summary>Pages available for I/O. Fewer than <see cref="Pages"/> if devices hold pages of timed out requests and
    /// the pool has no pages to replace them.</summary>
    public required int Credit { get; init; }

    /// <summary>Requests in flight at devices.</summary>
    public required int InFlight { get; init; }

    /// <summary>Requests that wait for pages of the lease.</summary>
    public required int Waiting { get; init; }

    public required double OperationsPerSecond { get; init; }
}

/// <summary>One export of a network server.</summary>
internal sealed record TopExport
{
    public required string Name { get; init; }

    public required string Device { get; init; }

    /// <summary>Client connections.</summary>
    public required int Connections { get; init; }

    /// <summary>Requests without a reply yet.</summary>
    public required int InFlight { get; init; }

    public required double RequestsPerSecond { get; init; }

    public required double ErrorsPerSecond { get; init; }

    public required double ReadBytesPerSecond { get; init; }

    public required double WrittenBytesPerSecond { get; init; }

    /// <summary>Pages of its lease in requests and replies.</summary>
    public required int PagesInUse { get; init; }

    public required int Pages { get; init; }
}

/// <summary>One connection of a client.</summary>
internal sealed record TopConnection
{
    public required long Id { get; init; }

    public required string Peer { get; init; }

    /// <summary>Null: the handshake is not complete.</summary>
    public string? Export { get; init; }

    public required bool Tls { get; init; }

    /// <summary>Requests without a reply yet.</summary>
    public required int InFlight { get; init; }

    public required double RequestsPerSecond { get; init; }

    public required double ErrorsPerSecond { get; init; }

    public required double ReadBytesPerSecond { get; init; }

    public required double WrittenBytesPerSecond { get; init; }
}
