using System.Globalization;
using Akka.Configuration;
using Akka.Configuration.Hocon;
using DmIo.Io;

namespace DmIo.Actors.Configuration;

/// <summary>
/// Reads one HOCON object strictly: each key that is read becomes a known key; <see cref="RefuseUnknownKeys"/> refuses
/// all others. Keys that the object lacks are read from the defaults. Every error names the full path.
/// </summary>
internal sealed class SettingsReader
{
    private readonly HoconObject values;
    private readonly SettingsReader? defaults;
    private readonly SortedSet<string> known = new(StringComparer.Ordinal);
    private readonly HashSet<string> possible = new(StringComparer.Ordinal);

    internal SettingsReader(HoconValue value, string path, SettingsReader? defaults = null)
    {
        Path = path;
        this.defaults = defaults;
        values = value.GetObject() ?? throw Fault(path, Shown(value), "a block of keys in braces");
    }

    internal string Path { get; }

    /// <summary>The object's own keys, without those of the defaults, in ordinal order.</summary>
    internal IEnumerable<string> Keys => values.Items.Keys.Order(StringComparer.Ordinal);

    internal string Text(string key, string expected, Func<string, bool> isFit)
    {
        var (value, path) = Find(key, expected);
        return TextOf(value) is { } text && isFit(text) ? text : throw Fault(path, Shown(value), expected);
    }

    internal long Number(string key, long min, long max) =>
        Parse(key, $"a whole number from {min} to {max}", text => NumberWithin(text, min, max));

    /// <summary>A number, or the word that means no limit (null).</summary>
    internal long? NumberOr(string word, string key, long min, long max) =>
        Look(key) is { } found && TextOf(found.Value) == word
            ? null
            : Parse(key, $"a whole number from {min} to {max}, or {word}", text => NumberWithin(text, min, max));

    internal double Fraction(string key) =>
        Parse(key, "a number from 0 to 1", text =>
            !EndsInNul(text)
            && double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && number is >= 0 and <= 1 ? number : (double?)null);

    internal bool Flag(string key) => Parse(key, "on or off", text => text switch
    {
        "on" or "true" => true,
        "off" or "false" => false,
        _ => (bool?)null,
    });

    internal ByteSize Size(string key, string expected, Func<ByteSize, bool> isFit) =>
        Parse(key, expected, text => ByteSize.TryParse(text, out var size) && isFit(size) ? size : (ByteSize?)null);

    /// <summary>A duration with its unit, at most <paramref name="max"/>.</summary>
    internal TimeSpan Duration(string key, TimeSpan max) =>
        Parse(key, $"a duration from 0s to {max.TotalSeconds}s, such as 10ms, 4s or 2m", text =>
            DurationSyntax.TryParse(text, out var duration) && duration <= max ? duration : (TimeSpan?)null);

    /// <summary>A name of an enumeration, in lower case with dashes: <c>write-zeroes</c>.</summary>
    internal T Choice<T>(string key)
        where T : struct, Enum =>
        Parse(key, $"one of: {string.Join(", ", NamesOf<T>())}", text => ChoiceOf<T>(text));

    /// <summary>A list of at least one name of an enumeration.</summary>
    internal IReadOnlyList<T> Choices<T>(string key)
        where T : struct, Enum
    {
        var expected = $"a list of one or more of: {string.Join(", ", NamesOf<T>())}";
        var (value, path) = Find(key, expected);
        return ItemsOf(value) is not { Count: > 0 } items
            ? throw Fault(path, Shown(value), expected)
            : [.. items.Select(item => ChoiceOf<T>(TextOf(item)) ?? throw Fault(path, Shown(item), expected))];
    }

    /// <summary>A list of at least one text, or of none if that is allowed.</summary>
    internal IReadOnlyList<string> TextList(
        string key, string expected, Func<string, bool> isFit, bool mayBeEmpty = false)
    {
        var (value, path) = Find(key, expected);
        return ItemsOf(value) is not { } items || (items.Count == 0 && !mayBeEmpty)
            ? throw Fault(path, Shown(value), expected)
            : [.. items.Select((item, index) => TextOf(item) is { } text && isFit(text)
                ? text
                : throw Fault($"{path}[{index}]", Shown(item), expected))];
    }

    /// <summary>The block under <paramref name="key"/>, with the same block of the defaults as its defaults.</summary>
    internal SettingsReader Section(string key) => Section(key, defaults?.Section(key));

    /// <summary>The block under <paramref name="key"/>, with other defaults.</summary>
    internal SettingsReader Section(string key, SettingsReader? blockDefaults)
    {
        known.Add(key);
        return values.Items.TryGetValue(key, out var value)
            ? new SettingsReader(value, PathOf(key), blockDefaults)
            : blockDefaults ?? throw Missing(key, "a block of keys in braces");
    }

    /// <summary>A list of blocks; each reads missing keys from <paramref name="itemDefaults"/>.</summary>
    internal IReadOnlyList<SettingsReader> Sections(string key, SettingsReader itemDefaults)
    {
        var (value, path) = Find(key, "a list of blocks");
        return ItemsOf(value) is { } items
            ? [.. items.Select((item, index) => new SettingsReader(item, $"{path}[{index}]", itemDefaults))]
            : throw Fault(path, Shown(value), "a list of blocks, [ { ... } ]");
    }

    /// <summary>Every key of the object, with its text.</summary>
    internal IReadOnlyDictionary<string, string> Texts(string expected) =>
        Keys.ToDictionary(key => key, key => Text(key, expected, _ => true), StringComparer.Ordinal);

    /// <summary>Keys that may be read later: the error of a missing key does not list them as misspellings.</summary>
    internal void MayHave(params string[] keys) => possible.UnionWith(keys);

    /// <summary>Marks the nested blocks that were not read as known: another component reads them.</summary>
    internal void LeaveBlocks() => known.UnionWith(Keys.Where(key => values.Items[key].IsObject()));

    /// <exception cref="ConfigurationException">The object has a key that was not read.</exception>
    internal void RefuseUnknownKeys()
    {
        var unknown = Keys.Where(key => !known.Contains(key)).Select(PathOf).ToArray();
        if (unknown.Length > 0)
        {
            throw new ConfigurationException(
                $"{string.Join(", ", unknown)}: no such key. The keys of {Path} are: {string.Join(", ", known)}.");
        }
    }

    private static ConfigurationException Fault(string path, string? shown, string expected) =>
        new($"{path} is {shown}. It must be {expected}.");

    /// <summary>The key may be misspelled: with defaults, which have all other keys, the message lists unknown
    /// keys.</summary>
    private ConfigurationException Missing(string key, string expected)
    {
        var misspelled = string.Join(", ", defaults is null ? [] : Keys.Where(IsUnknown).Select(PathOf));
        return new ConfigurationException(
            (misspelled.Length == 0 ? "" : $"{misspelled}: no such key; ")
            + $"{PathOf(key)} is missing. It must be {expected}.");
    }

    private bool IsUnknown(string key) => !known.Contains(key) && !possible.Contains(key)
        && defaults?.values.Items.ContainsKey(key) != true && !values.Items[key].IsObject();

    private T Parse<T>(string key, string expected, Func<string, T?> parse)
        where T : struct
    {
        var (value, path) = Find(key, expected);
        return (TextOf(value) is { } text ? parse(text) : null) ?? throw Fault(path, Shown(value), expected);
    }

    private (HoconValue Value, string Path) Find(string key, string expected) =>
        Look(key) ?? throw Missing(key, expected);

    private (HoconValue Value, string Path)? Look(string key)
    {
        known.Add(key);
        return values.Items.TryGetValue(key, out var value) ? (value, PathOf(key)) : defaults?.Look(key);
    }

    private string PathOf(string key) => $"{Path}.{(key.Contains('.', StringComparison.Ordinal) ? $"\"{key}\"" : key)}";

    private static string Shown(HoconValue value) => TextOf(value) is { } text ? $"'{text}'"
        : value.IsObject() ? "a block"
        : ItemsOf(value) is { } items ? (items.Count == 0 ? "an empty list" : "a list")
        : PartsOf(value).Any() ? "a list with other values next to it" : "empty";

    /// <summary>HOCON parses a bare <c>null</c> as no value; here it is the name of a backend.</summary>
    private static string? TextOf(HoconValue value) => value.IsString() ? value.GetString() ?? "null" : null;

    /// <summary>The items of a list, or of several adjacent lists; null if the value is not a list. Akka.NET's
    /// <c>IsArray</c> is true for any value, and its parser gives a list that contains only a blank one empty
    /// item.</summary>
    private static List<HoconValue>? ItemsOf(HoconValue value)
    {
        var items = new List<HoconValue>();
        foreach (var part in PartsOf(value))
        {
            List<HoconValue>? more = part switch
            {
                HoconArray list => list,
                HoconSubstitution { ResolvedValue: { } resolved } => ItemsOf(resolved),
                _ => null,
            };
            if (more is null)
            {
                return null;
            }

            items.AddRange(more);
        }

        return !PartsOf(value).Any() ? null : items is [var only] && !PartsOf(only).Any() ? [] : items;
    }

    /// <summary>The parts without the whitespace that Akka.NET's parser keeps after a value, as before a
    /// comment.</summary>
    private static IEnumerable<IHoconElement> PartsOf(HoconValue value) =>
        value.Values.Where(part => part is not HoconLiteral literal || !string.IsNullOrWhiteSpace(literal.Value));

    private static long? NumberWithin(string text, long min, long max) =>
        !EndsInNul(text)
        && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
        && number >= min && number <= max ? number : null;

    /// <summary>.NET's number parsing accepts trailing NUL characters.</summary>
    private static bool EndsInNul(string text) => text.EndsWith('\0');

    private static T? ChoiceOf<T>(string? text)
        where T : struct, Enum
    {
        var index = text is null ? -1 : Array.IndexOf(NamesOf<T>(), text);
        return index < 0 ? null : Enum.GetValues<T>()[index];
    }

    private static string[] NamesOf<T>()
        where T : struct, Enum => [.. Enum.GetNames<T>().Select(name => string.Concat(name.Select((letter, index) =>
            index > 0 && char.IsUpper(letter) ? $"-{char.ToLowerInvariant(letter)}"
            : char.ToLowerInvariant(letter).ToString())))];
}
