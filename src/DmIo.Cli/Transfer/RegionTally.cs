using DmIo.Io;

namespace DmIo.Cli;

/// <summary>
/// What has become of one region, over all its chunks: the first failure is its status (one bit, R7), and its later
/// chunks are still tried, unless the failure is one that every later chunk would meet too. Used by one thread at a
/// time.
/// </summary>
internal sealed class RegionTally(int index, TargetRegion region)
{
    internal int Index { get; } = index;

    internal TargetRegion Region { get; } = region;

    /// <summary>Bytes of the chunks that went well.</summary>
    internal long BytesDone { get; private set; }

    internal RegionOutcome Outcome { get; private set; } = RegionOutcome.Ok;

    internal Difference? Difference { get; private set; }

    /// <summary>Nothing more is asked of its device.</summary>
    internal bool IsGivenUp { get; private set; }

    /// <summary>How many sectors the region turned out to have, where its text says no count.</summary>
    internal long ReachedSectors { get; private set; }

    /// <summary>It took less than the input had.</summary>
    internal bool IsPrefix { get; private set; }

    internal long Sectors => Region.Count?.Value ?? ReachedSectors;

    /// <summary>Bytes of the device's file behind a region that goes to the device's end; the device does not have
    /// them.</summary>
    internal int TailBytes => Sectors > 0 && Sectors == Region.Room ? Region.Description.TailBytes : 0;

    /// <summary>Sectors that a chunk at this position has for the region: 0 where it is full or given up.</summary>
    internal long SectorsAt(long position, long sectors)
    {
        if (IsGivenUp)
        {
            return 0;
        }

        return Math.Clamp((Region.Count?.Value ?? long.MaxValue) - position, 0, sectors);
    }

    internal void Reach(long sectors) => ReachedSectors = Math.Max(ReachedSectors, sectors);

    internal void TookPrefix() => IsPrefix = true;

    /// <summary>The outcome of one chunk.</summary>
    internal void Add(in IoStatus status, long lengthBytes)
    {
        if (status.IsOk)
        {
            BytesDone += lengthBytes;
            return;
        }

        Fail(RegionOutcome.Of(status));
        IsGivenUp |= status.Code is not (IoStatusCode.DeviceError or IoStatusCode.TimedOut);
    }

    /// <summary>The region's bit; the first reason stays.</summary>
    internal void Fail(RegionOutcome outcome) => Outcome = Outcome.IsOk ? outcome : Outcome;

    internal void GiveUp(RegionOutcome outcome)
    {
        Fail(outcome);
        IsGivenUp = true;
    }

    internal void Differ(Difference difference)
    {
        if (Outcome.IsOk)
        {
            Difference = difference;
            Fail(RegionOutcome.Different(difference.Sentence));
        }
    }
}
