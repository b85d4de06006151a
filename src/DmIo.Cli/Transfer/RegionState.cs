using DmIo.Cli.Reports;
using DmIo.Cli.Service;
using DmIo.Io;

namespace DmIo.Cli.Transfer;

/// <summary>
/// The state of one region over all chunks. The first failure determines its status (one bit, R7). Later chunks are
/// still submitted, unless every later chunk would fail for the same reason. Used by one thread at a time.
/// </summary>
internal sealed class RegionState(int index, TargetRegion region)
{
    internal int Index { get; } = index;

    internal TargetRegion Region { get; } = region;

    /// <summary>Bytes of the chunks that succeeded.</summary>
    internal long BytesDone { get; private set; }

    internal RegionOutcome Outcome { get; private set; } = RegionOutcome.Ok;

    internal Difference? Difference { get; private set; }

    /// <summary>No further chunk is submitted.</summary>
    internal bool IsGivenUp { get; private set; }

    /// <summary>The length of a region without a count, as far as it is known.</summary>
    internal long ReachedSectors { get; private set; }

    /// <summary>The region is shorter than the input.</summary>
    internal bool IsPrefix { get; private set; }

    internal long Sectors => Region.Count?.Value ?? ReachedSectors;

    /// <summary>Bytes of the file after its last whole sector, if the region ends at the end of the device. They are
    /// not part of the device.</summary>
    internal int TailBytes => Sectors > 0 && Sectors == Region.Room ? Region.Description.TailBytes : 0;

    internal static RunReport ReportOf(IReadOnlyList<RegionState> regions, long bytes, TimeSpan elapsed)
    {
        var (errors, unsupported) = (ErrorBits.None, ErrorBits.None);
        foreach (var region in regions)
        {
            errors = region.Outcome.IsOk ? errors : errors.With(region.Index);
            unsupported = region.Outcome.IsUnsupported ? unsupported.With(region.Index) : unsupported;
        }

        return new RunReport
        {
            Errors = errors.ToString(),
            Unsupported = unsupported.ToString(),
            Regions = [.. regions.Select(region => region.ToReport())],
            Bytes = bytes,
            Seconds = Math.Round(elapsed.TotalSeconds, 6),
        };
    }

    internal RegionReport ToReport() => new()
    {
        Index = Index,
        Device = Region.Device,
        Sector = Region.Start.Value,
        Count = Sectors,
        Status = Outcome.Status,
        Bytes = BytesDone,
        Message = Outcome.Message,
        Errno = Outcome.Errno == 0 ? null : Outcome.Errno,
        PrefixOnly = IsPrefix ? true : null,
        TailBytes = TailBytes == 0 ? null : TailBytes,
        Difference = Difference,
    };

    /// <summary>The part of a chunk within the region: 0 if the region ends before the chunk, or is given up.</summary>
    internal long SectorsAt(long position, long sectors)
    {
        if (IsGivenUp)
        {
            return 0;
        }

        return Math.Clamp((Region.Count?.Value ?? long.MaxValue) - position, 0, sectors);
    }

    internal void Reach(long sectors) => ReachedSectors = Math.Max(ReachedSectors, sectors);

    internal void MarkPrefix() => IsPrefix = true;

    /// <summary>Adds the status of one chunk.</summary>
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

    /// <summary>Sets the status. The first failure is kept.</summary>
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

/// <summary>The status of a region in a report: a status code of the service, <c>ShortInput</c> or
/// <c>Different</c>.</summary>
internal sealed record RegionOutcome(string Status, string? Message = null, int Errno = 0)
{
    internal static RegionOutcome Ok { get; } = new(nameof(IoStatusCode.Ok));

    internal bool IsOk => Status == Ok.Status;

    internal bool IsUnsupported => Status == nameof(IoStatusCode.Unsupported);

    /// <summary>The user interrupted the transfer, or the input failed.</summary>
    internal static RegionOutcome Stopped(string message) => new(nameof(IoStatusCode.Stopped), message);

    internal static RegionOutcome OutOfRange(string message) => new(nameof(IoStatusCode.OutOfRange), message);

    /// <summary>The input ended before the end of the region.</summary>
    internal static RegionOutcome ShortInput(string message) => new("ShortInput", message);

    /// <summary>The region does not hold the compared data.</summary>
    internal static RegionOutcome Different(string message) => new("Different", message);

    internal static RegionOutcome Of(in IoStatus status) =>
        new(status.Code.ToString(), status.Failure?.Message, status.Failure?.Errno ?? 0);
}
