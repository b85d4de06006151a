// The characters of a HOCON text, and the tokens that stand where a key may stand. What may follow a key's '=' is
// read by the parser, which alone knows that a value is expected. Errors name line and column.
// As in Akka.NET 1.5.30: '=', ':', '#', '//' and blanks are not seen as such at the very end of the text, an unquoted
// key runs up to the next special character, over blanks and lines, and a quoted text may span lines, and ends with
// the text where its closing quotes are missing.

using System.Globalization;
using System.Text;

namespace Akka.Configuration.Hocon;

internal enum HoconToken
{
    End,
    Dot,
    ObjectStart,
    ObjectEnd,
    ArrayStart,
    ArrayEnd,
    Assign,
    Key,
}

internal sealed class HoconScanner(string text)
{
    private int _index;

    internal bool AtEnd => _index >= text.Length;

    internal int Position => _index;

    internal bool AtBlank => At(" ", 1) || At("\t", 1);

    internal bool AtAssign => At("=", 1) || At(":", 1);

    internal bool AtUnquoted =>
        !AtEnd && !char.IsWhiteSpace(Current) && !AtComment && !HoconText.NeverUnquoted.Contains(Current);

    private char Current => text[_index];

    private bool AtComment => At("#", 1) || At("//", 1);

    private bool AtKeyCharacter => !AtEnd && !AtComment && Current != '.' && !HoconText.NeverUnquoted.Contains(Current);

    internal bool At(string pattern) => text.AsSpan(_index).StartsWith(pattern, StringComparison.Ordinal);

    internal bool TrySkip(string pattern)
    {
        var found = At(pattern);
        _index += found ? pattern.Length : 0;
        return found;
    }

    internal void SkipBlanksAndComments()
    {
        while (!AtEnd && (char.IsWhiteSpace(Current) || AtComment))
        {
            if (AtComment)
            {
                var end = text.IndexOf('\n', _index);
                _index = end < 0 ? text.Length : end;
            }
            else
            {
                _index++;
            }
        }
    }

    /// <summary>The next token where keys are expected; <paramref name="name"/> for a key.</summary>
    internal HoconToken ReadToken(out string name)
    {
        name = "";
        SkipBlanksAndComments();
        if (AtEnd)
        {
            return HoconToken.End;
        }

        RefuseInclude();
        if (Current == '"')
        {
            name = ReadQuoted();
            return HoconToken.Key;
        }

        if (AtKeyCharacter)
        {
            name = ReadWhile(static scanner => scanner.AtKeyCharacter).Trim();
            return HoconToken.Key;
        }

        var token = Current switch
        {
            '.' => HoconToken.Dot,
            '{' => HoconToken.ObjectStart,
            '}' => HoconToken.ObjectEnd,
            '[' => HoconToken.ArrayStart,
            ']' => HoconToken.ArrayEnd,
            '=' or ':' when AtAssign => HoconToken.Assign,
            _ => throw Error($"a key is expected, not '{Current}'"),
        };
        _index++;
        return token;
    }

    internal string ReadBlanks() => ReadWhile(static scanner => scanner.AtBlank);

    internal string ReadUnquoted() => ReadWhile(static scanner => scanner.AtUnquoted);

    internal string ReadTripleQuoted()
    {
        _index += 3;
        var end = text.IndexOf("\"\"\"", _index, StringComparison.Ordinal);
        var quoted = text[_index..(end < 0 ? text.Length : end)];
        _index = end < 0 ? text.Length : end + 3;
        return quoted;
    }

    internal string ReadQuoted()
    {
        var quoted = new StringBuilder();
        _index++;
        while (!AtEnd && Current != '"')
        {
            var character = text[_index++];
            quoted.Append(character == '\\' ? ReadEscaped() : character);
        }

        TrySkip("\"");
        return quoted.ToString();
    }

    internal FormatException Error(string problem) => new(Located(problem));

    /// <summary>The problem, with the line and the column at which reading stopped.</summary>
    internal string Located(string problem)
    {
        var before = text.AsSpan(0, Math.Min(_index, text.Length));
        var line = before.Count('\n') + 1;
        var column = before.Length - before.LastIndexOf('\n');
        return $"Line {line}, column {column}: {problem}.";
    }

    private char ReadEscaped()
    {
        var escaped = AtEnd ? '\0' : text[_index++];
        if (escaped == 'u' && _index + 4 <= text.Length && ushort.TryParse(
            text.AsSpan(_index, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
        {
            _index += 4;
            return (char)code;
        }

        return escaped switch
        {
            '"' or '\\' or '/' => escaped,
            'b' => '\b',
            'f' => '\f',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            _ => throw Error($"'\\{escaped}' is not an escape code"),
        };
    }

    // "include" is a key like any other unless blanks and a quoted text follow it.
    private void RefuseInclude()
    {
        var start = _index;
        if (TrySkip("include") && !AtEnd && (char.IsWhiteSpace(Current) || AtComment))
        {
            SkipBlanksAndComments();
            if (At("\""))
            {
                throw Error($"nothing is there that could answer include \"{ReadQuoted()}\"");
            }
        }

        _index = start;
    }

    private string ReadWhile(Func<HoconScanner, bool> inside)
    {
        var start = _index;
        while (inside(this))
        {
            _index++;
        }

        return text[start.._index];
    }

    private bool At(string pattern, int charactersAfter) =>
        _index + pattern.Length + charactersAfter <= text.Length && At(pattern);
}
