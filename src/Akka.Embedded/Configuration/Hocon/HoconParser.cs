// Reads a HOCON text into a tree, and then resolves its substitutions.
//
//   members: { key [. key]* ( = value | { members } ) }     keys of one object, given twice, are merged
//   value:   one or more of literal, ${path}, [ values ], { members }, side by side; then perhaps a comma
//
// Lenient exactly where Akka.NET 1.5.30 is, so that a text means the same on both: a brace or a bracket that the end
// of the text leaves open is closed there, and a token out of place among keys is passed over. Refused beyond what
// Akka.NET refuses: what sends it into an endless loop or recursion, ${?path}, which it misreads, includes, which
// nothing here answers, and levels without end: each costs stack, and a stack that overflows ends the process.

namespace Akka.Configuration.Hocon;

internal sealed class HoconParser
{
    /// <summary>Of braces, brackets, dots and substitutions, inside one another.</summary>
    internal const int MostLevels = 250;

    private readonly HoconScanner _scanner;
    private readonly List<HoconSubstitution> _substitutions = [];

    private HoconParser(string text) => _scanner = new HoconScanner(text);

    /// <exception cref="FormatException">The text is not HOCON, or a substitution leads nowhere.</exception>
    internal static HoconValue Parse(string text)
    {
        var parser = new HoconParser(text);
        var root = new HoconValue();
        parser.ReadMembers(root, single: false, level: 0);
        HoconResolution.Resolve(root, parser._substitutions);
        return root;
    }

    private void ReadMembers(HoconValue owner, bool single, int level)
    {
        RefuseBeyond(level);
        if (!owner.IsObject())
        {
            owner.NewValue(new HoconObject());
        }

        var members = owner.GetObject()!;
        while (!_scanner.AtEnd)
        {
            switch (_scanner.ReadToken(out var name))
            {
                case HoconToken.Key:
                    ReadMember(members.GetOrCreateKey(name), level);
                    if (single)
                    {
                        return;
                    }

                    break;
                case HoconToken.ObjectEnd:
                    return;
            }
        }
    }

    private void ReadMember(HoconValue value, int level)
    {
        while (!_scanner.AtEnd)
        {
            switch (_scanner.ReadToken(out _))
            {
                case HoconToken.Dot:
                    ReadMembers(value, single: true, level + 1);
                    return;
                case HoconToken.ObjectStart:
                    ReadMembers(value, single: false, level + 1);
                    return;
                case HoconToken.Assign:
                    if (!value.IsObject())
                    {
                        value.Clear();
                    }

                    ReadValue(value, level);
                    return;
            }
        }
    }

    private void ReadValue(HoconValue owner, int level)
    {
        if (_scanner.AtEnd)
        {
            throw _scanner.Error("a value is expected, not the end of the text");
        }

        _scanner.SkipBlanksAndComments();
        while (TryReadElement(owner, level))
        {
            if (_scanner.AtBlank)
            {
                owner.AppendValue(new HoconLiteral { Value = _scanner.ReadBlanks() });
            }
        }

        _scanner.TrySkip(",");
    }

    private bool TryReadElement(HoconValue owner, int level)
    {
        if (_scanner.TrySkip("{"))
        {
            ReadMembers(owner, single: false, level + 1);
        }
        else if (_scanner.TrySkip("["))
        {
            owner.AppendValue(ReadArray(level + 1));
        }
        else if (_scanner.TrySkip("${"))
        {
            owner.AppendValue(ReadSubstitution());
        }
        else if (TryReadLiteral(out var literal))
        {
            if (owner.IsObject())
            {
                owner.Clear();
            }

            owner.AppendValue(new HoconLiteral { Value = literal });
        }
        else
        {
            return false;
        }

        return true;
    }

    private bool TryReadLiteral(out string literal)
    {
        if (_scanner.At("\""))
        {
            literal = _scanner.At("\"\"\"") ? _scanner.ReadTripleQuoted() : _scanner.ReadQuoted();
            return true;
        }

        literal = _scanner.ReadUnquoted();
        if (literal.Length > 0 && _scanner.AtAssign)
        {
            throw new ConfigurationException(_scanner.Located(
                "an unquoted value holds '=' or ':'; quote the value, or put the object's members in braces"));
        }

        return literal.Length > 0;
    }

    private HoconArray ReadArray(int level)
    {
        RefuseBeyond(level);
        var array = new HoconArray();
        while (!_scanner.AtEnd && !_scanner.At("]"))
        {
            var before = _scanner.Position;
            var value = new HoconValue();
            ReadValue(value, level);
            array.Add(value);
            _scanner.SkipBlanksAndComments();
            if (_scanner.Position == before)
            {
                throw _scanner.Error("an array's element or ']' is expected");
            }
        }

        _scanner.TrySkip("]");
        return array;
    }

    private HoconSubstitution ReadSubstitution()
    {
        var path = _scanner.ReadUnquoted();
        if (path.Length == 0 || !_scanner.TrySkip("}"))
        {
            throw _scanner.Error("a substitution is written ${path}, without blanks, quotes or '?'");
        }

        var substitution = new HoconSubstitution(path);
        _substitutions.Add(substitution);
        return substitution;
    }

    private void RefuseBeyond(int level)
    {
        if (level > MostLevels)
        {
            throw _scanner.Error($"this is more than {MostLevels} levels deep");
        }
    }
}
