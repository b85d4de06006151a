using DmIo.Io;

namespace DmIo.Cli.Reports;

/// <summary>
/// The result of a command on regions, printed as JSON or as a table. <see cref="Bytes"/> are the bytes from the input
/// (write), to the output (read), compared in each region (verify), or the sum of all regions (flush, discard, zero).
/// </summary>
internal sealed record RunReport
{
    public required string Errors { get; init; }

    public required string Unsupported { get; init; }

    public required IReadOnlyList<RegionReport> Regions { get; init; }

    public required long Bytes { get; init; }

    public required double Seconds { get; init; }

    /// <summary>Zero bytes that pad the last sector. Only for writes.</summary>
    public int? PaddedBytes { get; init; }

    /// <summary>True if every written region was read back and compared; absent otherwise.</summary>
    public bool? Verified { get; init; }

    /// <summary>True if the user interrupted the command; absent otherwise.</summary>
    public bool? Interrupted { get; init; }
}

/// <summary>The result of one region. Null properties are absent from the JSON.</summary>
internal sealed record RegionReport
{
    public required int Index { get; init; }

    public required string Device { get; init; }

    public required long Sector { get; init; }

    public required long Count { get; init; }

    public required string Status { get; init; }

    public required long Bytes { get; init; }

    /// <summary>The reason of the failure.</summary>
    public string? Message { get; init; }

    /// <summary>The error number of the operating system.</summary>
    public int? Errno { get; init; }

    /// <summary>True if the region is shorter than the input.</summary>
    public bool? PrefixOnly { get; init; }

    /// <summary>Bytes of the file after its last whole sector. The region ends at the end of the device, and these
    /// bytes are not part of the device.</summary>
    public int? TailBytes { get; init; }

    /// <summary>The first difference from the compared data.</summary>
    public Difference? Difference { get; init; }

    internal bool IsOk => Status == nameof(IoStatusCode.Ok);
}

/// <summary>The first byte of a region that differs from the compared data.</summary>
/// <param name="Sector">Sector of the device.</param>
/// <param name="ByteOffset">Offset from the start of the region.</param>
/// <param name="Expected">The byte of the other region, or of the input.</param>
/// <param name="Found">The byte of this region.</param>
/// <param name="ComparedWith">Index of the other region; null: the input.</param>
internal sealed record Difference(long Sector, long ByteOffset, byte Expected, byte Found, int? ComparedWith)
{
    internal string Sentence =>
        $"first difference at sector {Sector}, byte {ByteOffset} of the region: 0x{Found:x2}, where "
        + (ComparedWith is { } index ? $"region {index}" : "the input") + $" has 0x{Expected:x2}.";
}

/// <summary>
/// One line of <c>write --progress</c>, printed when this chunk and all earlier chunks are written: a region whose bit
/// is clear holds the input up to the end of this chunk, or up to its own end.
/// </summary>
/// <param name="Sector">Start of the chunk, in sectors from the start of the input.</param>
/// <param name="Count">Length in sectors.</param>
/// <param name="Errors">Error bits of the regions that have failed so far.</param>
internal sealed record ChunkReport(long Sector, long Count, string Errors);
