using System.Text;

namespace DmIo.TestKit.Oracle;

/// <summary>The properties of a disk that a <see cref="DiskOracle"/> assumes at the beginning.</summary>
public sealed record DiskOracleOptions
{
    /// <summary>The name in findings.</summary>
    public string Name { get; init; } = "the disk";

    /// <summary>Every sector initially reads as zeroes. False: the contents of a sector are unknown until it is
    /// written.</summary>
    public bool IsBlank { get; init; } = true;

    /// <summary>An acknowledged write is certain to survive a crash only after a flush, or with FUA. False: it is
    /// durable as soon as it is acknowledged.</summary>
    public bool HasVolatileCache { get; init; } = true;

    /// <summary>Describes the 512 bytes of a sector in findings, so that a test can identify its own data.</summary>
    public Func<ReadOnlySpan<byte>, string> DescribeSector { get; init; } = SectorText.Describe;
}

/// <summary>Describes the contents of a sector: zeroes, a repeated byte, or its first bytes and a checksum. Different
/// contents have different texts.</summary>
internal static class SectorText
{
    private const int BytesShown = 8;
    private const uint Prime = 16777619;

    internal static string Describe(ReadOnlySpan<byte> content)
    {
        if (content.IndexOfAnyExcept(content[0]) < 0)
        {
            return content[0] == 0 ? "zeroes" : $"all {content[0]:x2}";
        }

        var beginning = content[..BytesShown];
        var isText = beginning.IndexOfAnyExceptInRange((byte)' ', (byte)'~') < 0;
        var shown = isText ? $"'{Encoding.ASCII.GetString(beginning)}'" : Convert.ToHexStringLower(beginning);
        var sum = 2166136261;
        foreach (var one in content)
        {
            sum = (sum ^ one) * Prime;
        }

        return $"{shown}.. (sum {sum:x8})";
    }
}
