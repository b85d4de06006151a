using DmIo.Io;
using Spectre.Console;

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

    internal void Write(TextWriter writer, bool isTerminal)
    {
        var table = ReportConsole.NewTable(isTerminal, "#", "Region", "Status", "Bytes");
        table.Columns[0].RightAligned();
        table.Columns[3].RightAligned();
        foreach (var region in Regions)
        {
            table.AddRow(
                new Text(region.Index.ToString()),
                new Text($"{region.Device}@{region.Sector}+{region.Count}"),
                new Text(region.Status, region.IsOk ? Color.Green : Color.Red),
                new Text(region.Bytes.ToString()));
        }

        ReportConsole.NewConsole(writer, isTerminal).Write(table);
        foreach (var region in Regions)
        {
            region.WriteRemarks(writer);
        }

        if (PaddedBytes > 0)
        {
            writer.WriteLine($"last sector padded with {PaddedBytes} zero bytes");
        }

        if (Verified == true)
        {
            var equal = Regions.Count(region => region.IsOk);
            writer.WriteLine($"read back and compared: {equal} of {Regions.Count} regions hold the written data");
        }

        writer.WriteLine(TotalOf());
        writer.WriteLine($"errors {Errors}" + (Unsupported == "0x0" ? "" : $", unsupported {Unsupported}"));
    }

    /// <summary>If every region failed, the total is that of the region with the most bytes: no region holds the
    /// rest.</summary>
    private string TotalOf()
    {
        var largest = Regions.Max(region => region.Bytes);
        var isComplete = Regions.Any(region => region.IsOk) || largest >= Bytes;
        var done = isComplete ? Bytes : largest;
        return (isComplete ? $"{done} bytes in " : $"{done} of {Bytes} bytes in ")
            + Quantity.Seconds(Seconds)
            + (done > 0 ? $", {Quantity.Rate(done, Seconds)}" : "")
            + (Interrupted == true ? ", interrupted" : "");
    }
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

    internal void WriteRemarks(TextWriter writer)
    {
        if (Message is not null)
        {
            var errno = Errno is { } number ? $" (errno {number})" : "";
            writer.WriteLine($"region {Index}: {Status}{errno}: {Message}");
        }

        if (TailBytes is { } tail)
        {
            var text = ReportConsole.TailText(Device, tail);
            writer.WriteLine($"region {Index}: {text}, and were left out");
        }

        if (PrefixOnly == true && IsOk)
        {
            writer.WriteLine($"region {Index}: shorter than the input, got its first {Count} sectors");
        }
    }
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
