namespace DmIo.Cli;

/// <summary>One export of a network server in front of the service.</summary>
internal sealed record TopExport
{
    public required string Name { get; init; }

    /// <summary>Those of its devices that have not failed.</summary>
    public required IReadOnlyList<string> LiveDevices { get; init; }

    /// <summary>Those that are left out since they failed.</summary>
    public required IReadOnlyList<string> FailedDevices { get; init; }

    /// <summary>How many use it.</summary>
    public required int Connections { get; init; }

    /// <summary>Requests that are not answered.</summary>
    public required int InFlight { get; init; }

    public required double RequestsPerSecond { get; init; }

    public required double ErrorsPerSecond { get; init; }

    public required double ReadBytesPerSecond { get; init; }

    public required double WrittenBytesPerSecond { get; init; }

    /// <summary>Of its lease, in requests or replies.</summary>
    public required int PagesInUse { get; init; }

    public required int Pages { get; init; }
}

/// <summary>One client's connection.</summary>
internal sealed record TopConnection
{
    public required long Id { get; init; }

    public required string Peer { get; init; }

    /// <summary>Null in the handshake.</summary>
    public string? Export { get; init; }

    public required bool Tls { get; init; }

    /// <summary>Requests that are not answered.</summary>
    public required int InFlight { get; init; }

    public required double RequestsPerSecond { get; init; }

    public required double ErrorsPerSecond { get; init; }

    public required double ReadBytesPerSecond { get; init; }

    public required double WrittenBytesPerSecond { get; init; }
}
