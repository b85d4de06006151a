namespace DmIo.Compare;

/// <summary>How long, how often and where.</summary>
internal sealed record CompareSettings
{
    /// <summary>P1 to P9 and N1 to N6, those to run.</summary>
    public required IReadOnlyList<string> Only { get; init; }

    /// <summary>How often each subject runs, in turn with the others.</summary>
    public required int Rounds { get; init; }

    /// <summary>How long a run is measured.</summary>
    public required double Seconds { get; init; }

    /// <summary>How long before that nothing counts: the time that .NET's compiler takes to settle.</summary>
    public required double WarmUpSeconds { get; init; }

    /// <summary>A directory on the disk that is to be measured.</summary>
    public required string DiskDirectory { get; init; }

    /// <summary>A directory that is kept in memory.</summary>
    public required string MemoryDirectory { get; init; }

    /// <summary>Bytes of each file on the disk.</summary>
    public required long DiskBytes { get; init; }

    /// <summary>Bytes of each file in memory.</summary>
    public long FileBytes { get; init; } = 256 << 20;

    /// <summary>Where the table and the JSON go.</summary>
    public required string Output { get; init; }
}
