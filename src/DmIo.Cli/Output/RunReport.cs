using DmIo.Io;

namespace DmIo.Cli;

/// <summary>
/// The outcome of a command on regions: what <c>--json</c> prints, and what the table is made of. <c>bytes</c> are
/// those taken from the input (write), given to the output (read), compared in each region (verify), or the sum of all
/// regions.
/// </summary>
internal sealed record RunReport
{
    public required string Errors { get; init; }

    public required string Unsupported { get; init; }

    public required IReadOnlyList<RegionReport> Regions { get; init; }

    public required long Bytes { get; init; }

    public required double Seconds { get; init; }

    /// <summary>Zero bytes that fill the last sector. Writes only.</summary>
    public int? PaddedBytes { get; init; }

    /// <summary>True where every region that was written was read back and compared; absent otherwise.</summary>
    public bool? Verified { get; init; }

    /// <summary>True where the user ended it; absent otherwise.</summary>
    public bool? Interrupted { get; init; }

    internal static RunReport Of(IReadOnlyList<RegionTally> regions, long bytes, TimeSpan elapsed)
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
            Regions = [.. regions.Select(RegionReport.Of)],
            Bytes = bytes,
            Seconds = Math.Round(elapsed.TotalSeconds, 6),
        };
    }
}
