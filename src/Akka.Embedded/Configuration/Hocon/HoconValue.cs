// The value of a key: the elements that the text concatenates, seen as a string, an array or an object.
// All literals: a string, the pieces joined and trimmed (quoted ones too, as in Akka.NET; "null" is null).
// First element an object: an object. Any arrays: their elements together.

using System.Globalization;

namespace Akka.Configuration.Hocon;

public sealed class HoconValue
{
    public HoconValue()
        : this([])
    {
    }

#pragma warning disable MA0016 // Akka.NET's signature.
    public HoconValue(List<IHoconElement> values) => Values = values;

    public List<IHoconElement> Values { get; }
#pragma warning restore MA0016

    public bool IsEmpty => Values.Count == 0 || Values[0] is HoconObject { Items.Count: 0 };

    internal static HoconValue Of(IHoconElement element) => new([element]);

    /// <summary>A configuration with this value for its root.</summary>
    public Config ToConfig() => new(this);

    public void AppendValue(IHoconElement value) => Values.Add(value);

    public void Clear() => Values.Clear();

    public void NewValue(IHoconElement value)
    {
        Values.Clear();
        Values.Add(value);
    }

    public bool IsObject() => GetObject() is not null;

    public HoconObject? GetObject()
    {
        var first = Values.FirstOrDefault();
        while (first is HoconSubstitution substitution)
        {
            first = substitution.ResolvedValue?.Values.FirstOrDefault();
        }

        return first as HoconObject;
    }

    public HoconValue? GetChildObject(string key) => GetObject()?.GetKey(key);

    public bool IsArray() => Values.Exists(element => element.IsArray() && element.GetArray().Count > 0);

    public IList<HoconValue> GetArray() =>
        [.. Values.Where(element => element.IsArray()).SelectMany(element => element.GetArray())];

    public bool IsString() => Values.Count > 0 && Values.TrueForAll(element => element.IsString());

    /// <summary>The text; null where the value is null, an array, an object or missing.</summary>
    public string? GetString()
    {
        if (!IsString())
        {
            return null;
        }

        var text = string.Concat(Values.Select(element => element.GetString())).Trim();
        return text == "null" ? null : text;
    }

    public bool GetBoolean() => GetString() switch
    {
        "on" or "true" => true,
        "off" or "false" => false,
        var other => throw new NotSupportedException($"Unknown boolean format: {other}"),
    };

    public int GetInt() => int.Parse(Text, CultureInfo.InvariantCulture);

    public double GetDouble() => double.Parse(Text, CultureInfo.InvariantCulture);

    public TimeSpan GetTimeSpan(bool allowInfinite = true) => HoconUnits.Duration(Text, allowInfinite);

    /// <summary>A number of bytes; null where the value is no text, or an empty one.</summary>
    public long? GetByteSize() => GetString() is { Length: > 0 } text ? HoconUnits.ByteSize(text) : null;

    public IList<string> GetStringList() => [.. GetArray().Select(value => value.GetString()!)];

    public IList<int> GetIntList() => [.. GetArray().Select(value => value.GetInt())];

    public override string ToString() => ToString(0);

    public string ToString(int indent)
    {
        if (IsString())
        {
            return HoconText.Value(GetString());
        }

        if (GetObject() is { } found)
        {
            var members = found.ToString(indent + 1);
            return indent == 0 ? members : "{\r\n" + members + new string(' ', indent * 2) + "}";
        }

        return "[" + string.Join(",", GetArray().Select(value => value.ToString(indent + 1))) + "]";
    }

    private string Text => GetString() ?? throw new FormatException("A text is expected where there is none.");
}
