using DmIo.Io;

namespace DmIo.Actors;

/// <summary>One block of a configured device's <c>faults</c>: which operations fail on purpose, and how.</summary>
internal sealed record FaultSettings
{
    internal required IReadOnlyList<IoOperation> Operations { get; init; }

    /// <summary>The first sector that is hit.</summary>
    internal required Sector Start { get; init; }

    /// <summary>How many sectors are hit; null: all from <see cref="Start"/> on.</summary>
    internal required SectorCount? Count { get; init; }

    /// <summary>Operations that pass first.</summary>
    internal required long After { get; init; }

    /// <summary>Operations that fail then; null: all.</summary>
    internal required long? Times { get; init; }

    /// <summary>0 to 1.</summary>
    internal required double Probability { get; init; }

    internal required int Seed { get; init; }

    /// <summary>What the device reports; an error number of Linux.</summary>
    internal required int Errno { get; init; }

    internal static FaultSettings Read(SettingsReader reader)
    {
        var settings = new FaultSettings
        {
            Operations = reader.Choices<IoOperation>("operations"),
            Start = reader.Number("start", 0, long.MaxValue),
            Count = reader.NumberOr("all", "count", 0, SectorCount.MaxValue) is { } count ? count : null,
            After = reader.Number("after", 0, long.MaxValue),
            Times = reader.NumberOr("unlimited", "times", 0, long.MaxValue),
            Probability = reader.Fraction("probability"),
            Seed = (int)reader.Number("seed", 0, int.MaxValue),
            Errno = (int)reader.Number("errno", 1, 4095),
        };
        reader.RefuseTheRest();
        return settings;
    }
}
