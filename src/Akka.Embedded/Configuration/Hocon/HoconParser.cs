// Reads a HOCON text into a tree, and then resolves its substitutions.
//
//   members: { key [. key]* ( = value | { members } ) }     keys of one object, given twice, are merged
//   value:   one or more of literal, ${path}, [ values ], { members }, side by side; then perhaps a comma
//
// Lenient exactly where Akka.NET 1.5.30 is, so that a text means the same on both: a brace or a bracket that the end
// of the text leaves open is closed there, and a token out of place among keys is passed over. Refused beyond what
// Akka.NET refuses: what sends it into an endless loop or recursion, and ${?path}, which it misreads.

namespace Akka.Configuration.Hocon;

internal sealed class HoconParser
{
    private readonly HoconScanner _scanner;
    private readonly Func<string, HoconRoot>? _includeCallback;
    private readonly List<HoconSubstitution> _substitutions = [];

    private HoconParser(string text, Func<string, HoconRoot>? includeCallback)
    {
        _scanner = new HoconScanner(text);
        _includeCallback = includeCallback;
    }

    /// <exception cref="FormatException">The text is not HOCON, or a substitution leads nowhere.</exception>
    internal static HoconRoot Parse(string text, Func<string, HoconRoot>? includeCallback)
    {
        var parser = new HoconParser(text, includeCallback);
        var root = new HoconValue();
        parser.ReadMembers(root, "", single: false);
        HoconResolution.Resolve(root, parser._substitutions);
        return new HoconRoot(root, parser._substitutions);
    }

    private void ReadMembers(HoconValue owner, string path, bool single)
    {
        if (!owner.IsObject())
        {
            owner.NewValue(new HoconObject());
        }

        var members = owner.GetObject()!;
        while (!_scanner.AtEnd)
        {
            switch (_scanner.ReadToken(out var name))
            {
                case HoconToken.Include:
                    Include(name, members, path);
                    break;
                case HoconToken.Key:
                    ReadMember(members.GetOrCreateKey(name), path.Length == 0 ? name : $"{path}.{name}");
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

    private void ReadMember(HoconValue value, string path)
    {
        while (!_scanner.AtEnd)
        {
            switch (_scanner.ReadToken(out _))
            {
                case HoconToken.Dot:
                    ReadMembers(value, path, single: true);
                    return;
                case HoconToken.ObjectStart:
                    ReadMembers(value, path, single: false);
                    return;
                case HoconToken.Assign:
                    if (!value.IsObject())
                    {
                        value.Clear();
                    }

                    ReadValue(value, path);
                    return;
            }
        }
    }

    private void ReadValue(HoconValue owner, string path)
    {
        if (_scanner.AtEnd)
        {
            throw _scanner.Error("a value is expected, not the end of the text");
        }

        _scanner.SkipBlanksAndComments();
        while (TryReadElement(owner, path))
        {
            if (_scanner.AtBlank)
            {
                owner.AppendValue(new HoconLiteral { Value = _scanner.ReadBlanks() });
            }
        }

        _scanner.TrySkip(",");
    }

    private bool TryReadElement(HoconValue owner, string path)
    {
        if (_scanner.TrySkip("{"))
        {
            ReadMembers(owner, path, single: false);
        }
        else if (_scanner.TrySkip("["))
        {
            owner.AppendValue(ReadArray(path));
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

    private HoconArray ReadArray(string path)
    {
        var array = new HoconArray();
        while (!_scanner.AtEnd && !_scanner.At("]"))
        {
            var before = _scanner.Position;
            var value = new HoconValue();
            ReadValue(value, path);
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

    private void Include(string name, HoconObject members, string path)
    {
        var included = _includeCallback is null
            ? throw _scanner.Error($"nothing is there that could answer include \"{name}\"")
            : _includeCallback(name);
        foreach (var substitution in included.Substitutions)
        {
            substitution.Path = $"{path}.{substitution.Path}";
            _substitutions.Add(substitution);
        }

        members.Merge(included.Value.GetObject() ?? throw _scanner.Error($"what \"{name}\" includes is no object"));
    }
}
