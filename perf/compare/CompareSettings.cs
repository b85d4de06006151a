namespace DmIo.Compare;

/// <summary>The settings of a comparison.</summary>
internal sealed record CompareSettings
{
    /// <summary>The scenarios to run, of P1 to P9 and N1 to N6.</summary>
    public required IReadOnlyList<string> Only { get; init; }

    /// <summary>The number of runs of each subject, in turn with the others.</summary>
    public required int Rounds { get; init; }

    /// <summary>The measured time of a run.</summary>
    public required double Seconds { get; init; }

    /// <summary>The time before the measurement, in which the .NET compiler settles.</summary>
    public required double WarmUpSeconds { get; init; }

    /// <summary>A directory on the disk to measure.</summary>
    public required string DiskDirectory { get; init; }

    /// <summary>A directory in memory.</summary>
    public required string MemoryDirectory { get; init; }

    /// <summary>The size of each file on the disk.</summary>
    public required long DiskBytes { get; init; }

    /// <summary>The size of each file in memory.</summary>
    public long FileBytes { get; init; } = 256 << 20;

    /// <summary>The directory for the table and the JSON.</summary>
    public required string Output { get; init; }
}
