// A HOCON text made wrong as texts go wrong: characters, tokens and lines that are lost, doubled, moved, joined or
// put in the wrong place, and now and then one that comes again and again.

namespace Akka.Conformance.Tests.Configuration;

internal static class MutatedText
{
    private static readonly string[] Tokens =
    [
        "{", "}", "[", "]", "=", ":", ",", ".", "\"", "\"\"\"", "#", "//", "\n", "\r\n", "\t", " ", "\\", "\\u",
        "\\u00e9", "\\ud800", "\0", "\ud800", "\u0661", "é", "+=", "?", "$", "${", "${a}", "${dmio}", "${?a}",
        "include \"x\"",
        "include file(\"x\")", "null", "infinite", "-1", "1e999", "99999999999999999999", "0x1", "a.b.c", "a {",
        "a = [",
        "a = ${", "a = ${a}", "a = ${b}\nb = ${a}\nc = ${a.x}\n", "\ufeff", "()", "*", "&", "@", "`", "^", "!",
    ];

    internal static string Of(string text, Random random)
    {
        for (var changes = random.Next(1, 6); changes > 0; changes--)
        {
            text = random.Next(3) switch
            {
                0 => ByCharacter(text, random),
                1 => ByToken(text, random),
                _ => ByLine(text, random),
            };
        }

        return text;
    }

    private static string ByCharacter(string text, Random random)
    {
        var at = random.Next(text.Length + 1);
        return random.Next(4) switch
        {
            0 when at < text.Length => text.Remove(at, 1),
            1 => text.Remove(at),
            2 when at < text.Length =>
                string.Concat(text.AsSpan(0, at), $"{(char)(text[at] ^ 1)}", text.AsSpan(at + 1)),
            _ => text.Insert(at, $"{(char)(random.Next(3) == 0 ? random.Next(65536) : random.Next(128))}"),
        };
    }

    private static string ByToken(string text, Random random)
    {
        var token = Tokens[random.Next(Tokens.Length)];
        if (random.Next(10) == 0)
        {
            token = string.Concat(Enumerable.Repeat(token, random.Next(5000)));
        }

        var at = random.Next(text.Length + 1);
        return random.Next(3) == 0
            ? string.Concat(text.AsSpan(0, at), token, text.AsSpan(Math.Min(text.Length, at + token.Length)))
            : text.Insert(at, token);
    }

    private static string ByLine(string text, Random random)
    {
        var lines = text.Split('\n').ToList();
        var (at, other) = (random.Next(lines.Count), random.Next(lines.Count));
        switch (random.Next(4))
        {
            case 0:
                lines.RemoveAt(at);
                break;
            case 1:
                lines.Insert(other, lines[at]);
                break;
            case 2:
                (lines[at], lines[other]) = (lines[other], lines[at]);
                break;
            default:
                lines[at] += lines[other];
                break;
        }

        return string.Join('\n', lines);
    }
}
