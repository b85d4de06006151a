// Writes keys and texts so that they read back as what they are. Where Akka.NET's own output reads back, it is the
// same text; where Akka.NET forgets to quote or to escape, ours does not.

using System.Text;

namespace Akka.Configuration.Hocon;

internal static class HoconText
{
    /// <summary>What may stand neither in an unquoted text nor, with the dot, in an unquoted key.</summary>
    internal const string NeverUnquoted = "$\"{}[]:=,#`^?!@*&\\";

    internal static string Key(string key) =>
        key.Contains('.') || key.StartsWith("include", StringComparison.Ordinal) ? Quoted(key) : Value(key);

    internal static string Value(string? text) =>
        text is null ? "null" : text.Length == 0 || NeedsQuotes(text) ? Quoted(text) : text;

    private static bool NeedsQuotes(string text) => text.Contains("//", StringComparison.Ordinal)
        || text.Any(character => char.IsWhiteSpace(character) || NeverUnquoted.Contains(character));

    private static string Quoted(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (var character in text)
        {
            _ = character switch
            {
                '"' or '\\' => quoted.Append('\\').Append(character),
                '\n' => quoted.Append("\\n"),
                '\r' => quoted.Append("\\r"),
                '\t' => quoted.Append("\\t"),
                _ => quoted.Append(character),
            };
        }

        return quoted.Append('"').ToString();
    }
}
