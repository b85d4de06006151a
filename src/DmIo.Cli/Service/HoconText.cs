using System.Text.RegularExpressions;

namespace DmIo.Cli.Service;

/// <summary>
/// Checks the brackets and quotes of a HOCON text before the parser of Akka.NET reads it. The parser accepts missing
/// closing brackets at the end of the text, ignores the text after a surplus closing bracket, and does not return from
/// a list with a character that cannot start an item. Deep nesting overflows its stack.
/// </summary>
internal sealed partial class HoconText
{
    private const string Quotes = "\"\"\"";
    private const int MaxDepth = 100;
    private const int MaxExcerpt = 20;
    private const int MatchTimeoutMilliseconds = 1000;
    private const string EndsOfPaths = "{}[]=:,\"#";
    private const string NotInList = "=:`^?!@*&\\";

    private readonly string text;
    private readonly Stack<(char Bracket, int Line)> open = [];
    private int line = 1;
    private int at;
    private int parts = 1;

    private HoconText(string text) => this.text = text;

    /// <summary>The first error as a sentence with its line; null: none.</summary>
    internal static string? FaultOf(string text) => new HoconText(text).Check();

    /// <summary>The error of the parser as a sentence with its line.</summary>
    /// <param name="text">The text that was parsed.</param>
    /// <param name="fault">The message of the parser, which quotes several lines.</param>
    internal static string Explain(string text, string fault)
    {
        var position = Position().Match(fault);
        if (!position.Success || !int.TryParse(position.Groups["at"].ValueSpan, out var at) || at >= text.Length)
        {
            return fault;
        }

        var rest = text.AsSpan(at).TrimStart();
        var number = text.AsSpan(0, text.Length - rest.Length).Count('\n') + 1;
        var end = rest.IndexOfAny('\r', '\n');
        var excerpt = rest[..Math.Min(end < 0 ? rest.Length : end, MaxExcerpt)];
        return $"line {number} cannot be parsed at '{excerpt}'."
            + (excerpt is [',', ..] && text.AsSpan(0, text.Length - rest.Length).TrimEnd() is [.., '}']
                ? " Leave out the comma after a block."
                : "");
    }

    [GeneratedRegex("position (?<at>[0-9]+)", RegexOptions.ExplicitCapture, MatchTimeoutMilliseconds)]
    private static partial Regex Position();

    private string? Check()
    {
        while (at < text.Length)
        {
            parts = char.IsWhiteSpace(text[at]) || EndsOfPaths.Contains(text[at], StringComparison.Ordinal) ? 1 : parts;
            var fault = text[at] switch
            {
                '.' when ++parts > MaxDepth => $"line {line} has a key of more than {MaxDepth} parts.",
                '"' => SkipQuoted(),
                '#' => SkipComment(),
                '/' when text.AsSpan(at).StartsWith("//") => SkipComment(),
                '{' or '[' => Open(),
                '}' => Close('{'),
                ']' => Close('['),
                'i' when IsInclude() =>
                    $"line {line} includes another file, which is not supported. Write all settings into one file.",
                var other when InList && NotInList.Contains(other, StringComparison.Ordinal) =>
                    $"line {line} has a '{other}' in a list. Write blocks in braces, [ {{ key = value }} ], and texts "
                    + "with special characters in quotes, [ \"127.0.0.1:10809\" ].",
                _ => null,
            };
            if (fault is not null)
            {
                return fault;
            }

            line += at < text.Length && text[at] == '\n' ? 1 : 0;
            at++;
        }

        return open.TryPeek(out var last)
            ? $"the '{last.Bracket}' of line {last.Line} is not closed: a '{ClosingOf(last.Bracket)}' is missing."
            : null;
    }

    /// <summary>The parser of Akka.NET fails at an include without naming it.</summary>
    private bool IsInclude()
    {
        var before = text.AsSpan(0, at).TrimEnd(" \t\r");
        var isKey = before.IsEmpty || before[^1] is '{' or '}' or ',' or '\n';
        var isValue = before.TrimEnd() is [.., '=' or ':'];
        return isKey && !isValue && !InList && Include().IsMatch(text.AsSpan(at));
    }

    /// <summary>Not a key with this name, nor one that begins with it.</summary>
    [GeneratedRegex(
        """^include(?![-.\w$])(?!\s*(=|:|\{|\+=))""", RegexOptions.ExplicitCapture, MatchTimeoutMilliseconds)]
    private static partial Regex Include();

    private bool InList => open.TryPeek(out var last) && last.Bracket == '[';

    private static char ClosingOf(char bracket) => bracket == '{' ? '}' : ']';

    private string? Open()
    {
        open.Push((text[at], line));
        return open.Count <= MaxDepth ? null : $"line {line} nests more than {MaxDepth} brackets.";
    }

    private string? Close(char bracket)
    {
        if (!open.TryPop(out var last))
        {
            return $"the '{text[at]}' of line {line} closes nothing; the text after it would have no effect.";
        }

        return last.Bracket == bracket
            ? null
            : $"the '{text[at]}' of line {line} does not close the '{last.Bracket}' of line {last.Line}: a "
                + $"'{ClosingOf(last.Bracket)}' is missing.";
    }

    /// <summary>Skips to the last character of the line.</summary>
    private string? SkipComment()
    {
        while (at + 1 < text.Length && text[at + 1] != '\n')
        {
            at++;
        }

        return null;
    }

    /// <summary>Skips to the closing quotes.</summary>
    private string? SkipQuoted()
    {
        var first = line;
        if (text.AsSpan(at).StartsWith(Quotes))
        {
            var end = text.IndexOf(Quotes, at + Quotes.Length, StringComparison.Ordinal);
            if (end < 0)
            {
                return $"the text in triple quotes that begins on line {first} does not end.";
            }

            line += text.AsSpan(at, end - at).Count('\n');
            at = end + Quotes.Length - 1;
            return null;
        }

        for (at++; at < text.Length && text[at] is not ('"' or '\n'); at++)
        {
            at += text[at] == '\\' ? 1 : 0;
        }

        return at < text.Length && text[at] == '"'
            ? null
            : $"the text in quotes that begins on line {first} does not end on that line.";
    }
}
