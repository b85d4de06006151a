namespace DmIo.Cli;

/// <summary>The first byte in which a region is not what it should be.</summary>
/// <param name="Sector">On the region's device.</param>
/// <param name="ByteOffset">From the beginning of the region.</param>
/// <param name="Expected">What the region it is compared with, or the input, has there.</param>
/// <param name="Found">What this region has there.</param>
/// <param name="ComparedWith">Index of the region that it was compared with; null: the input.</param>
internal sealed record Difference(long Sector, long ByteOffset, byte Expected, byte Found, int? ComparedWith)
{
    internal string Sentence =>
        $"first difference at sector {Sector}, byte {ByteOffset} of the region: 0x{Found:x2}, where "
        + (ComparedWith is { } index ? $"region {index}" : "the input") + $" has 0x{Expected:x2}.";
}
