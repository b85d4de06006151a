using System.Text;

namespace DmIo.TestKit.Oracle;

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
