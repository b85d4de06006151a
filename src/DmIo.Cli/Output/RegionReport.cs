namespace DmIo.Cli;

/// <summary>One region in the output. What does not apply is absent from the JSON.</summary>
internal sealed record RegionReport
{
    public required int Index { get; init; }

    public required string Device { get; init; }

    public required long Sector { get; init; }

    public required long Count { get; init; }

    public required string Status { get; init; }

    public required long Bytes { get; init; }

    /// <summary>Why it failed, in a sentence.</summary>
    public string? Message { get; init; }

    /// <summary>The operating system's error number, where there was one.</summary>
    public int? Errno { get; init; }

    /// <summary>True where the region is shorter than the input.</summary>
    public bool? PrefixOnly { get; init; }

    /// <summary>Bytes behind the region, at the end of the device's file, that fill no sector and were left
    /// out.</summary>
    public int? TailBytes { get; init; }

    /// <summary>Where it first differs from what it is compared with.</summary>
    public Difference? Difference { get; init; }

    internal static RegionReport Of(RegionTally region) => new()
    {
        Index = region.Index,
        Device = region.Region.Device,
        Sector = region.Region.Start.Value,
        Count = region.Sectors,
        Status = region.Outcome.Status,
        Bytes = region.BytesDone,
        Message = region.Outcome.Message,
        Errno = region.Outcome.Errno == 0 ? null : region.Outcome.Errno,
        PrefixOnly = region.IsPrefix ? true : null,
        TailBytes = region.TailBytes == 0 ? null : region.TailBytes,
        Difference = region.Difference,
    };
}
